import Checkpoint
import SoftMoEViT

/// Reads a model by the names of timm's VisionTransformer, to which all PyTorch families are brought.
///
/// Weights are (out, in) there and are transposed; a patch is (channel, row, column) there.
struct TimmReader {
  let source: SourceModel
  let customs: Customs
  let options: ImportOptions
  let decisions: Decisions

  func plan() throws(ImportError) -> ImportPlan {
    let (configuration, leading) = try configuration()
    var plan = try ImportPlan(configuration)
    let model = plan.configuration
    // The stacked variant keeps an unused template of an expert, training its mask.
    source.ignore { $0.contains(".base_expert.") || $0 == "mask_token" }
    plan.tensors += try embedding(model, leading: leading)
    for index in 0..<model.depth { plan.tensors += try block(index, model) }
    plan.tensors += try head(model)
    return plan
  }

  // MARK: Parts

  func copy(_ target: TensorName, _ shape: [Int], from name: String, _ sourceShape: [Int]? = nil)
    throws(ImportError) -> PlannedTensor
  {
    .copy(target, shape, of: [try source.take(name, sourceShape ?? shape)])
  }

  /// A LayerNorm, or an RMSNorm, which has no bias.
  func norm(_ target: TensorName, from name: String, _ width: Int, _ kind: NormKind) throws(ImportError)
    -> [PlannedTensor]
  {
    let scale = try copy(target[.scale], [width], from: "\(name).weight")
    return kind == .rms ? [scale] : [scale, try copy(target[.bias], [width], from: "\(name).bias")]
  }

  /// - Parameter bias: `.some(false)` leaves it out; nil writes zeros where no block has it.
  func linear(_ target: TensorName, from name: String, _ k: Int, _ c: Int, bias: Bool? = true)
    throws(ImportError) -> [PlannedTensor]
  {
    let kernel = PlannedTensor.transposed(
      target[.kernel], [k, c], of: [try source.take("\(name).weight", [c, k])], rows: c, columns: k)
    switch bias {
    case false: return [kernel]
    case true: return [kernel, try copy(target[.bias], [c], from: "\(name).bias")]
    case nil: return [kernel, .values(target[.bias], [c], Array(repeating: 0, count: c))]
    }
  }

  /// Whether any block has a bias there: then all must, else it is zero.
  private func blockBias(_ part: String) -> Bool? {
    source.contains(prefix: "blocks.", suffix: ".\(part).bias") ? true : nil
  }

  // MARK: Where each tensor comes from

  /// - Parameter leading: how many tokens before the patches have a row in the position table.
  private func embedding(_ model: ModelConfiguration, leading: Int) throws(ImportError) -> [PlannedTensor] {
    let (d, k) = (model.width, model.prefixTokenCount)
    var tensors = try patchEmbedding(model)
    if model.classToken {
      tensors.append(
        .copy(
          TensorName(.classToken), [d],
          of: [try source.take("cls_token", source.tokenShape("cls_token", 1, d))]))
    }
    let table = try positions(model, leading: leading)
    if k > 0 {
      var tokens: [LazyTensor] = []
      for name in ["dist_token", "reg_token"] where source.contains(name) {
        let shape = try source.shape(name, rank: 3)
        tokens.append(try source.take(name, [1, shape[1], d]).reshaped([shape[1], d]))
      }
      var prefix = try LazyTensor.concatenated(tokens)
      let cls = model.classToken ? 1 : 0
      if let table, leading == cls + k {
        // Their position is a constant too.
        let (tokens, positions) = (prefix, try table.rows(cls..<cls + k).floats())
        prefix = tokens.map { $1 + positions[$0] }
      }
      tensors.append(.copy(TensorName(.prefixTokens), [k, d], of: [prefix]))
    }
    if let table, model.position != .none {
      let rows = table.shape[0]
      let kept = model.position == .allTokens && model.classToken ? [try table.rows(0..<1)] : []
      let parts = kept + [try table.rows(leading..<rows)]
      let count = parts.reduce(0) { $0 + $1.shape[0] }
      tensors.append(.copy(TensorName(.positionEmbedding), [count, d], of: parts))
    }
    if model.preNorm { tensors += try norm(TensorName(.preNorm), from: "norm_pre", d, model.norm) }
    return tensors
  }

  private func patchEmbedding(_ model: ModelConfiguration) throws(ImportError) -> [PlannedTensor] {
    let (p, d) = (model.patchSize, model.width)
    let target = TensorName(.patchEmbedding)
    if source.contains("patch_embed.linear.weight") {
      // Rows, columns and channels in that order, as here.
      var tensors = try linear(
        target, from: "patch_embed.linear", p * p * 3, d, bias: model.patchBias)
      if model.patchNorm == .around {
        tensors += try norm(TensorName(.patchNormIn), from: "patch_embed.norm_in", p * p * 3, .layer)
        tensors += try norm(TensorName(.patchNormOut), from: "patch_embed.norm_out", d, .layer)
      }
      return tensors
    }
    let projection = try source.take("patch_embed.proj.weight", [d, 3, p, p])
    let kernel = PlannedTensor(name: target[.kernel], shape: [p * p * 3, d], role: .matrix) { emit in
      // [d, 3, P·P] → [P·P, 3, d]
      let values = projection.floats()
      var kernel = [Float](repeating: 0, count: values.count)
      for column in 0..<d {
        for channel in 0..<3 {
          for pixel in 0..<p * p {
            kernel[(pixel * 3 + channel) * d + column] = values[(column * 3 + channel) * p * p + pixel]
          }
        }
      }
      try emit(kernel)
    }
    return model.patchBias
      ? [kernel, try copy(target[.bias], [d], from: "patch_embed.proj.bias")] : [kernel]
  }

  /// [leading + patches, d], nil without positions.
  private func positions(_ model: ModelConfiguration, leading: Int) throws(ImportError) -> LazyTensor? {
    let (d, count) = (model.width, leading + model.patchCount)
    if source.contains("pos_embed") {
      return try source.take("pos_embed", source.tokenShape("pos_embed", count, d)).reshaped([count, d])
    }
    guard customs.computedPositions else { return nil }
    let (rows, columns) = (model.imageHeight / model.patchSize, model.imageWidth / model.patchSize)
    return LazyTensor(
      name: "pos_embed", shape: [count, d], values: sincos2d(rows: rows, columns: columns, width: d))
  }

  private func block(_ index: Int, _ model: ModelConfiguration) throws(ImportError) -> [PlannedTensor] {
    let (d, inner, kind) = (model.width, model.headCount * model.headWidth, model.norm)
    let (from, target) = ("blocks.\(index)", TensorName.block(index))
    var tensors = try norm(target[.norm1], from: "\(from).norm1", d, kind)
    tensors += try linear(
      target[.attention][.qkv], from: "\(from).attn.qkv", d, 3 * inner, bias: model.qkvBias)
    if model.qkNorm != .none {
      tensors += try norm(target[.attention][.queryNorm], from: "\(from).attn.q_norm", model.headWidth, kind)
      tensors += try norm(target[.attention][.keyNorm], from: "\(from).attn.k_norm", model.headWidth, kind)
    }
    if source.contains(suffix: ".attn.proj.weight") {
      tensors += try linear(
        target[.attention][.out], from: "\(from).attn.proj", inner, d, bias: blockBias("attn.proj"))
    } else {
      tensors += identity(target[.attention][.out], d)
    }
    if model.layerScale {
      tensors.append(try copy(target[.layerScale1], [d], from: "\(from).ls1.gamma"))
      tensors.append(try copy(target[.layerScale2], [d], from: "\(from).ls2.gamma"))
    }
    let moe = model.moe.flatMap { $0.layers.contains(index) ? $0 : nil }
    if moe?.norm ?? true { tensors += try norm(target[.norm2], from: "\(from).norm2", d, kind) }
    if let moe, let layer = softLayer(index) {
      return tensors + (try layer.tensors(target[.moe], d, moe))
    }
    return tensors + (try mlp(target[.mlp], from: "\(from).mlp", model))
  }

  private func mlp(_ target: TensorName, from: String, _ model: ModelConfiguration) throws(ImportError)
    -> [PlannedTensor]
  {
    let (d, h, hasBias) = (model.width, model.mlpWidth, blockBias("mlp.fc1"))
    let down = try linear(target[.down], from: "\(from).fc2", h, d, bias: blockBias("mlp.fc2"))
    guard model.gatedMLP else {
      return try linear(target[.up], from: "\(from).fc1", d, h, bias: hasBias) + down
    }
    // The first half of the product is the gate.
    let weight = try source.take("\(from).fc1.weight", [2 * h, d])
    let bias =
      hasBias == nil
      ? LazyTensor(name: "\(from).fc1.bias", shape: [2 * h], repeating: 0)
      : try source.take("\(from).fc1.bias", [2 * h])
    var tensors = down
    for (part, rows) in [(TensorName.Part.gate, 0..<h), (.up, h..<2 * h)] {
      tensors += [
        .transposed(target[part][.kernel], [d, h], of: [try weight.rows(rows)], rows: h, columns: d),
        .copy(target[part][.bias], [h], of: [try bias.rows(rows)]),
      ]
    }
    return tensors
  }

  /// vit-pytorch's attention of a single head as wide as the tokens has no output product.
  private func identity(_ target: TensorName, _ d: Int) -> [PlannedTensor] {
    let kernel = (0..<d * d).map { $0 % (d + 1) == 0 ? Float(1) : 0 }
    return [
      .values(target[.kernel], [d, d], kernel, role: .matrix),
      .values(target[.bias], [d], Array(repeating: 0, count: d)),
    ]
  }

  /// The Soft MoE in a block's place of an MLP.
  func softLayer(_ index: Int) -> (any SoftLayer)? {
    let prefix = "blocks.\(index).mlp"
    return BwconradLayer(source, prefix) ?? LucidrainsLayer(source, prefix) ?? JetpackLayer(source, prefix)
      ?? FkodomLayer(source, prefix)
  }
}

extension SourceModel {
  /// The shape of one or more tokens: with the batch's axis, without it, or, of a single one, as a vector.
  func tokenShape(_ name: String, _ count: Int, _ d: Int) -> [Int] {
    switch self[name]?.shape.count {
    case 1 where count == 1: [d]
    case 2: [count, d]
    default: [1, count, d]
    }
  }
}
