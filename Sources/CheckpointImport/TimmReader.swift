import Checkpoint
import SoftMoEViT

/// Reads a model by the names of timm's VisionTransformer and of bwconrad/soft-moe on it.
///
/// Weights are (out, in) there and are transposed; a patch is (channel, row, column) there.
struct TimmReader {
  let source: SourceModel
  let options: ImportOptions

  static func recognizes(_ source: SourceModel) -> Bool { source.contains("patch_embed.proj.weight") }

  func plan() throws(ImportError) -> ImportPlan {
    var plan = try ImportPlan(configuration())
    let model = plan.configuration
    // The stacked variant keeps an unused template of an expert.
    source.ignore { $0.contains(".base_expert.") }
    plan.tensors += try embedding(model)
    for index in 0..<model.depth { plan.tensors += try block(index, model) }
    plan.tensors += try norm(
      TensorName(.finalNorm), from: model.finalNorm == .tokens ? "norm" : "fc_norm", model.width)
    plan.tensors += try linear(TensorName(.head), from: "head", model.width, model.classCount)
    return plan
  }

  // MARK: What names and shapes tell

  private func configuration() throws(ImportError) -> ModelConfiguration {
    let projection = try source.shape("patch_embed.proj.weight", rank: 4)
    let (d, patch) = (projection[0], projection[2])
    let depth = blockCount(in: source.names, prefix: "blocks.")
    let classToken = source.contains("cls_token")
    let positions = source.contains("pos_embed") ? try source.shape("pos_embed", rank: 3)[1] : nil
    // timm's no_embed_class: positions for patches only. Tell it by the size, or by what is a square.
    let optionPatches = options.imageSize.map { ($0.height / patch) * ($0.width / patch) }
    let coversClassToken =
      classToken
      && positions.map {
        $0 - 1 == optionPatches || (optionPatches == nil && integerSquareRoot($0 - 1) != nil)
      } ?? true
    let image = try imageSize(
      options, patch: patch, patchCount: positions.map { $0 - (coversClassToken ? 1 : 0) })
    let qkNorm = source.contains("blocks.0.attn.q_norm.weight")
    let heads = try headCount(
      width: d, headWidth: qkNorm ? source.shape("blocks.0.attn.q_norm.weight", rank: 1)[0] : nil)
    let denseBlock = (0..<depth).first { source.contains("blocks.\($0).mlp.fc1.weight") }
    let moe = try softMoE(depth: depth)
    let featureNorm = source.contains("fc_norm.weight")
    let pooling = try options.pooling.map { pooling throws(ImportError) in
      try pooling.kind(classToken: classToken)
    }
    return ModelConfiguration(
      imageHeight: image.height, imageWidth: image.width, patchSize: patch, width: d, depth: depth,
      headCount: heads,
      mlpWidth: try denseBlock.map { block throws(ImportError) in
        try source.shape("blocks.\(block).mlp.fc1.weight", rank: 2)[0]
      } ?? moe?.expertWidth ?? 4 * d,
      classCount: try source.shape("head.weight", rank: 2)[0],
      activation: .geluErf, normEpsilon: 1e-6, classToken: classToken,
      position: positions == nil ? .none : (classToken && !coversClassToken ? .patches : .allTokens),
      patchBias: source.contains("patch_embed.proj.bias"), preNorm: source.contains("norm_pre.weight"),
      qkvBias: source.contains("blocks.0.attn.qkv.bias"), qkNorm: qkNorm ? .scaleAndShift : .none,
      layerScale: source.contains("blocks.0.ls1.gamma"), finalNorm: featureNorm ? .features : .tokens,
      pooling: pooling ?? (classToken && !featureNorm ? .classToken : .mean), preLogitsWidth: nil, moe: moe)
  }

  private func headCount(width: Int, headWidth: Int?) throws(ImportError) -> Int {
    let heads = options.headCount ?? width / (headWidth ?? 64)
    guard heads > 0, width % heads == 0, headWidth.map({ $0 * heads == width }) ?? true else {
      throw .option(
        name: "heads", problem: "\(heads) heads do not divide the width \(width); give the number of heads")
    }
    return heads
  }

  private func softMoE(depth: Int) throws(ImportError) -> ModelConfiguration.SoftMoE? {
    let layers = (0..<depth).filter { source.contains("blocks.\($0).mlp.phi") }
    guard let first = layers.first else { return nil }
    let phi = try source.shape("blocks.\(first).mlp.phi", rank: 3)
    let stacked = "blocks.\(first).mlp.stacked_expert_fc1_weight"
    let expertWidth =
      source.contains(stacked)
      ? try source.shape(stacked, rank: 3)[1]
      : try source.shape("blocks.\(first).mlp.experts.0.fc1.weight", rank: 2)[0]
    // The layer has a scale exactly when it normalises.
    let isNormalized = source.contains("blocks.\(first).mlp.scale")
    return ModelConfiguration.SoftMoE(
      layers: layers, expertCount: phi[1], slotsPerExpert: phi[2], expertWidth: expertWidth,
      normalization: isNormalized ? .epsilonFloor : .none, normalizationEpsilon: 1e-12,
      slotSource: isNormalized ? .normalizedTokens : .tokens, dispatchRounding: options.dispatchRounding)
  }

  // MARK: Where each tensor comes from

  private func copy(_ target: TensorName, _ shape: [Int], from name: String, _ sourceShape: [Int]? = nil)
    throws(ImportError) -> PlannedTensor
  {
    .copy(target, shape, of: [try source.take(name, sourceShape ?? shape)])
  }

  private func norm(_ target: TensorName, from name: String, _ width: Int) throws(ImportError)
    -> [PlannedTensor]
  {
    [
      try copy(target[.scale], [width], from: "\(name).weight"),
      try copy(target[.bias], [width], from: "\(name).bias"),
    ]
  }

  private func linear(_ target: TensorName, from name: String, _ k: Int, _ c: Int, bias: Bool = true)
    throws(ImportError) -> [PlannedTensor]
  {
    let kernel = PlannedTensor.transposed(
      target[.kernel], [k, c], of: [try source.take("\(name).weight", [c, k])], rows: c, columns: k)
    return bias ? [kernel, try copy(target[.bias], [c], from: "\(name).bias")] : [kernel]
  }

  private func embedding(_ model: ModelConfiguration) throws(ImportError) -> [PlannedTensor] {
    let (p, d, m) = (model.patchSize, model.width, model.tokenCount)
    let projection = try source.take("patch_embed.proj.weight", [d, 3, p, p])
    var tensors = [
      PlannedTensor(name: TensorName(.patchEmbedding)[.kernel], shape: [p * p * 3, d], role: .matrix) {
        emit in
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
    ]
    if model.patchBias {
      tensors.append(try copy(TensorName(.patchEmbedding)[.bias], [d], from: "patch_embed.proj.bias"))
    }
    if model.classToken {
      tensors.append(try copy(TensorName(.classToken), [d], from: "cls_token", [1, 1, d]))
    }
    if model.position != .none {
      let rows = model.position == .patches ? model.patchCount : m
      tensors.append(try copy(TensorName(.positionEmbedding), [rows, d], from: "pos_embed", [1, rows, d]))
    }
    if model.preNorm { tensors += try norm(TensorName(.preNorm), from: "norm_pre", d) }
    return tensors
  }

  private func block(_ index: Int, _ model: ModelConfiguration) throws(ImportError) -> [PlannedTensor] {
    let (d, from, target) = (model.width, "blocks.\(index)", TensorName.block(index))
    var tensors = try norm(target[.norm1], from: "\(from).norm1", d)
    tensors += try linear(target[.attention][.qkv], from: "\(from).attn.qkv", d, 3 * d, bias: model.qkvBias)
    if model.qkNorm == .scaleAndShift {
      tensors += try norm(target[.attention][.queryNorm], from: "\(from).attn.q_norm", model.headWidth)
      tensors += try norm(target[.attention][.keyNorm], from: "\(from).attn.k_norm", model.headWidth)
    }
    tensors += try linear(target[.attention][.out], from: "\(from).attn.proj", d, d)
    tensors += try norm(target[.norm2], from: "\(from).norm2", d)
    if model.layerScale {
      tensors.append(try copy(target[.layerScale1], [d], from: "\(from).ls1.gamma"))
      tensors.append(try copy(target[.layerScale2], [d], from: "\(from).ls2.gamma"))
    }
    if let moe = model.moe, moe.layers.contains(index) {
      return tensors + (try softMoE(target[.moe], from: "\(from).mlp", d, moe))
    }
    tensors += try linear(target[.mlp][.up], from: "\(from).mlp.fc1", d, model.mlpWidth)
    tensors += try linear(target[.mlp][.down], from: "\(from).mlp.fc2", model.mlpWidth, d)
    return tensors
  }

  private func softMoE(_ target: TensorName, from: String, _ d: Int, _ moe: ModelConfiguration.SoftMoE)
    throws(ImportError) -> [PlannedTensor]
  {
    let (n, p, h) = (moe.expertCount, moe.slotsPerExpert, moe.expertWidth)
    var tensors = [
      PlannedTensor.router(
        target[.router][.kernel], moe, phi: try source.take("\(from).phi", [d, n, p]),
        scale: moe.normalization == .none ? nil : try source.take("\(from).scale", [1]))
    ]
    for (part, name, k, c) in [(TensorName.Part.up, "fc1", d, h), (.down, "fc2", h, d)] {
      let stacked = "\(from).stacked_expert_\(name)"
      var weights: [SourceTensor] = []
      var biases: [SourceTensor] = []
      if source.contains("\(stacked)_weight") {
        weights = [try source.take("\(stacked)_weight", [n, c, k])]
        biases = [try source.take("\(stacked)_bias", [n, c])]
      } else {
        for expert in 0..<n {
          weights.append(try source.take("\(from).experts.\(expert).\(name).weight", [c, k]))
          biases.append(try source.take("\(from).experts.\(expert).\(name).bias", [c]))
        }
      }
      tensors.append(
        .transposed(target[.experts][part][.kernel], [n, k, c], of: weights, rows: c, columns: k))
      tensors.append(.copy(target[.experts][part][.bias], [n, c], of: biases))
    }
    return tensors
  }
}
