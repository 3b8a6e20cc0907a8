import Checkpoint
import SoftMoEViT

/// Reads a model by the names of google-research/vmoe: Flax parameters joined by '/'.
///
/// Kernels are (in, out) there as here.
struct VMoEReader {
  let source: SourceModel
  let customs: Customs
  let options: ImportOptions
  let decisions: Decisions

  func plan() throws(ImportError) -> ImportPlan {
    var plan = try ImportPlan(configuration())
    let model = plan.configuration
    plan.tensors += try embedding(model)
    for index in 0..<model.depth { plan.tensors += try block(index, model) }
    plan.tensors += try head(model)
    return plan
  }

  // MARK: What names and shapes tell

  private func configuration() throws(ImportError) -> ModelConfiguration {
    let isMAP = source.contains("MapHead/probe")
    let embedding = try source.shape("embedding/kernel", rank: 4)
    let (patch, d) = (embedding[0], embedding[3])
    let depth = blockCount(in: source.names, prefix: "Encoder/encoderblock_")
    let query = try source.shape("Encoder/encoderblock_0/SelfAttention/query/kernel", rank: 3)
    let heads = try decisions.headCount(tensors: query[1], customary: nil, likely: [], doubt: nil)
    let classToken = source.contains("cls")
    let positions: Int? =
      try has("Encoder/posembed_input/pos_embedding")
      ? source.shape("Encoder/posembed_input/pos_embedding", rank: 3)[1] : nil
    let image = try decisions.imageSize(
      patch: patch, positionCount: positions,
      leadingCounts: positions == nil ? [0] : customs.leadingPositions ?? (classToken ? [1] : [0]))
    let denseBlock = (0..<depth).first { source.contains(name($0, "Mlp/Dense_0/kernel")) }
    let moe = try mixture(depth: depth)
    return ModelConfiguration(
      imageHeight: image.height, imageWidth: image.width, patchSize: patch, width: d, depth: depth,
      headCount: heads,
      mlpWidth: try denseBlock.map { block throws(ImportError) in
        try source.shape(name(block, "Mlp/Dense_0/kernel"), rank: 2)[1]
      } ?? moe?.expertWidth ?? 4 * d,
      classCount: has("head/kernel") ? try source.shape("head/kernel", rank: 2)[1] : 0,
      activation: try decisions.activation(
        tensors: nil, customary: customs.activation, likely: [.geluTanh, .geluErf],
        doubt: customs.activationDoubt),
      normEpsilon: try decisions.normEpsilon(
        tensors: nil, customary: customs.normEpsilon, likely: customs.likelyEpsilons,
        doubt: customs.normDoubt),
      classToken: classToken,
      position: try position(
        classToken: classToken, learned: positions.map { _ in image.leading }, width: d),
      patchBias: source.contains("embedding/bias"), preNorm: false,
      qkvBias: source.contains("Encoder/encoderblock_0/SelfAttention/query/bias"),
      qkNorm: source.contains("Encoder/encoderblock_0/SelfAttention/query_ln/scale") ? .scale : .none,
      layerScale: false,
      finalNorm: try decisions.finalNorm(tensors: .tokens, customary: nil, likely: []),
      pooling: try pooling(classToken: classToken, isMAP: isMAP),
      preLogitsWidth: has("pre_logits/kernel") ? try source.shape("pre_logits/kernel", rank: 2)[1] : nil,
      moe: moe)
  }

  private func pooling(classToken: Bool, isMAP: Bool) throws(ImportError) -> PoolingKind {
    try decisions.pooling(
      tensors: isMAP ? .map : nil, customary: classToken ? .classToken : .mean,
      likely: classToken ? [.classToken, .mean] : [.mean, .firstToken], doubt: nil, classToken: classToken)
  }

  /// Computed positions are written as a table; a class token has none.
  ///
  /// - Parameter learned: how many tokens before the patches a learned table covers, nil without one.
  private func position(classToken: Bool, learned: Int?, width: Int) throws(ImportError) -> PositionKind {
    if let learned { return classToken && learned == 0 ? .patches : .allTokens }
    if options.position == .none { return .none }
    guard width % 4 == 0 else {
      throw .option(name: "position", problem: "sincos2d needs a width that 4 divides")
    }
    return .patches
  }

  func has(_ name: String) -> Bool { source.contains(name) }

  func name(_ block: Int, _ part: String) -> String { "Encoder/encoderblock_\(block)/\(part)" }

  // MARK: Where each tensor comes from

  func copy(
    _ target: TensorName, _ shape: [Int], from name: String, _ sourceShape: [Int]? = nil,
    role: PlannedTensor.Role = .vector
  ) throws(ImportError) -> PlannedTensor {
    .copy(target, shape, of: [try source.take(name, sourceShape ?? shape)], role: role)
  }

  private func embedding(_ model: ModelConfiguration) throws(ImportError) -> [PlannedTensor] {
    let (p, d) = (model.patchSize, model.width)
    var tensors = [
      try copy(
        TensorName(.patchEmbedding)[.kernel], [p * p * 3, d], from: "embedding/kernel", [p, p, 3, d],
        role: .matrix)
    ]
    if model.patchBias {
      tensors.append(try copy(TensorName(.patchEmbedding)[.bias], [d], from: "embedding/bias"))
    }
    if model.classToken { tensors.append(try copy(TensorName(.classToken), [d], from: "cls", [1, 1, d])) }
    let (rows, columns) = (model.imageHeight / p, model.imageWidth / p)
    let learned = "Encoder/posembed_input/pos_embedding"
    switch model.position {
    case _ where has(learned):
      let m = model.position == .patches ? model.patchCount : model.tokenCount
      tensors.append(try copy(TensorName(.positionEmbedding), [m, d], from: learned, [1, m, d]))
    case .allTokens, .patches:
      tensors.append(
        .values(
          TensorName(.positionEmbedding), [rows * columns, d],
          sincos2d(rows: rows, columns: columns, width: d)))
    case .none: break
    }
    return tensors
  }

  private func norm(_ target: TensorName, from name: String, _ width: Int) throws(ImportError)
    -> [PlannedTensor]
  {
    [
      try copy(target[.scale], [width], from: "\(name)/scale"),
      try copy(target[.bias], [width], from: "\(name)/bias"),
    ]
  }

  func linear(_ target: TensorName, from name: String, count: [Int] = [], _ k: Int, _ c: Int)
    throws(ImportError) -> [PlannedTensor]
  {
    [
      try copy(target[.kernel], count + [k, c], from: "\(name)/kernel", role: .matrix),
      try copy(target[.bias], count + [c], from: "\(name)/bias"),
    ]
  }

  private func block(_ index: Int, _ model: ModelConfiguration) throws(ImportError) -> [PlannedTensor] {
    let (d, target) = (model.width, TensorName.block(index))
    var tensors = try norm(target[.norm1], from: name(index, "LayerNorm_0"), d)
    tensors += try attention(index, model)
    tensors += try norm(target[.norm2], from: name(index, "LayerNorm_1"), d)
    guard let moe = model.moe, moe.layers.contains(index) else {
      tensors += try linear(target[.mlp][.up], from: name(index, "Mlp/Dense_0"), d, model.mlpWidth)
      tensors += try linear(target[.mlp][.down], from: name(index, "Mlp/Dense_1"), model.mlpWidth, d)
      return tensors
    }
    return tensors + (try mixture(index, moe, width: d))
  }

  private func attention(_ index: Int, _ model: ModelConfiguration) throws(ImportError) -> [PlannedTensor] {
    let (d, heads, hd) = (model.width, model.headCount, model.headWidth)
    let target = TensorName.block(index)[.attention]
    var kernels: [LazyTensor] = []
    var biases: [LazyTensor] = []
    for part in ["query", "key", "value"] {
      kernels.append(try source.take(name(index, "SelfAttention/\(part)/kernel"), [d, heads, hd]))
      if model.qkvBias {
        biases.append(try source.take(name(index, "SelfAttention/\(part)/bias"), [heads, hd]))
      }
    }
    var tensors = [PlannedTensor.sideBySide(target[.qkv][.kernel], [d, 3 * d], of: kernels, rows: d)]
    if model.qkvBias { tensors.append(.copy(target[.qkv][.bias], [3 * d], of: biases)) }
    if model.qkNorm == .scale {
      tensors.append(
        try copy(target[.queryNorm][.scale], [hd], from: name(index, "SelfAttention/query_ln/scale")))
      tensors.append(
        try copy(target[.keyNorm][.scale], [hd], from: name(index, "SelfAttention/key_ln/scale")))
    }
    tensors.append(
      try copy(
        target[.out][.kernel], [d, d], from: name(index, "SelfAttention/out/kernel"), [heads, hd, d],
        role: .matrix))
    tensors.append(try copy(target[.out][.bias], [d], from: name(index, "SelfAttention/out/bias")))
    return tensors
  }

  private func head(_ model: ModelConfiguration) throws(ImportError) -> [PlannedTensor] {
    var tensors = try norm(TensorName(.finalNorm), from: "Encoder/encoder_norm", model.width)
    if model.pooling == .map { tensors += try mapHead(model) }
    if let width = model.preLogitsWidth {
      tensors += try linear(TensorName(.preLogits), from: "pre_logits", model.width, width)
    }
    guard model.classCount > 0 else { return tensors }
    return tensors + (try linear(TensorName(.head), from: "head", model.featureWidth, model.classCount))
  }

  private func mapHead(_ model: ModelConfiguration) throws(ImportError) -> [PlannedTensor] {
    let (d, heads, hd) = (model.width, model.headCount, model.headWidth)
    let (attention, target) = ("MapHead/MultiHeadDotProductAttention", TensorName(.mapHead))
    func kernel(_ part: String) throws(ImportError) -> LazyTensor {
      try source.take("\(attention)/\(part)/kernel", [d, heads, hd])
    }
    func bias(_ part: String) throws(ImportError) -> LazyTensor {
      try source.take("\(attention)/\(part)/bias", [heads, hd])
    }
    var tensors = [
      .values(target[.query], [d], try probeQuery(model, kernel: kernel("query"), bias: bias("query"))),
      .sideBySide(
        target[.keyValue][.kernel], [d, 2 * d], of: [try kernel("key"), try kernel("value")], rows: d),
      .copy(target[.keyValue][.bias], [2 * d], of: [try bias("key"), try bias("value")]),
      try copy(
        target[.out][.kernel], [d, d], from: "\(attention)/out/kernel", [heads, hd, d], role: .matrix),
      try copy(target[.out][.bias], [d], from: "\(attention)/out/bias"),
    ]
    if model.qkNorm == .scale {
      tensors.append(try copy(target[.keyNorm][.scale], [hd], from: "\(attention)/key_ln/scale"))
    }
    tensors += try norm(target[.norm], from: "MapHead/LayerNorm", d)
    tensors += try linear(target[.mlp][.up], from: "MapHead/Mlp/Dense_0", d, model.mlpWidth)
    tensors += try linear(target[.mlp][.down], from: "MapHead/Mlp/Dense_1", model.mlpWidth, d)
    return tensors
  }

  private func probeQuery(_ model: ModelConfiguration, kernel: LazyTensor, bias: LazyTensor)
    throws(ImportError) -> [Float]
  {
    let scale = "MapHead/MultiHeadDotProductAttention/query_ln/scale"
    return model.probeQuery(
      probe: try source.take("MapHead/probe", [1, 1, model.width]).floats(), kernel: kernel.floats(),
      bias: bias.floats(),
      normScale: model.qkNorm == .scale ? try source.take(scale, [model.headWidth]).floats() : nil)
  }
}
