import Kernels

/// What a forward pass writes. Allocated once, for the largest batch.
///
/// Axes: b images, m tokens, d width, h MLP width, s slots, l Soft MoE layers.
public struct Workspace: ~Copyable {
  /// The largest batch.
  public let maxImageCount: Int
  /// m.
  let tokenCount: Int
  /// Whether a forward pass gathers what its routing did; see `routing(of:layer:)`.
  public var observesRouting = true
  /// Set it to an empty one to learn where time goes.
  public var profile: ForwardProfile?
  /// Threads and their scratch.
  public let compute: Compute

  /// [b·patches, P·P·3], the input.
  var patches: Matrix
  /// [b·m, d], the residual stream.
  var tokens: Matrix
  /// [b·m, d], tokens after a LayerNorm.
  var normed: Matrix
  /// [images·m, 3·d], for batches too small to make each head's projections apart.
  var qkv: Matrix
  /// [b·m, d], all heads' outputs.
  var attended: Matrix
  /// [b·m, d], tokens after the router's normalisation, or rounded for dispatch.
  var routerTokens: Matrix
  /// [b·m, s]: the router's logits, then the combine weights.
  var combineWeights: Matrix
  /// [b·m, s].
  var dispatchWeights: Matrix
  /// [s·b, d], slot-major.
  var slotInputs: Matrix
  /// [s·b, d], slot-major.
  var slotOutputs: Matrix
  /// [l·b, s]: each slot's share of an image's combine weights.
  var combineMass: Matrix
  /// [l·b, s]: exp of the entropy of each dispatch column, and its largest weight.
  var effectiveTokens, largestDispatch: Matrix
  /// [l·b, m]: how much each token is read, over the mean token.
  var tokenContribution: Matrix
  /// [b·m, 2·d], [b, d]: the steps of a MAP head; empty without one.
  var probeKeysAndValues, probeAttended: Matrix
  /// [b, d], pooled.
  var pooled: Matrix
  /// [b, feature width], what the head reads.
  var features: Matrix
  /// [b, c].
  var logits: Matrix

  /// Room for `maxImageCount` images of a model.
  public init(
    for configuration: ModelConfiguration, maxImageCount: Int, threadCount: Int,
    kernels: KernelSet = .standard
  ) {
    let (b, m, d) = (maxImageCount, configuration.tokenCount, configuration.width)
    let s = configuration.moe?.slotCount ?? 0
    let layers = configuration.moeLayers.count
    self.maxImageCount = b
    tokenCount = m
    compute = Compute(
      threadCount: threadCount, kernels: kernels,
      scratchCount: Self.scratchCount(configuration, maxImageCount: b, kernels))
    patches = Matrix(
      rows: b * configuration.patchCount, columns: configuration.patchSize * configuration.patchSize * 3)
    tokens = Matrix(rows: b * m, columns: d)
    normed = Matrix(rows: b * m, columns: d)
    let projected = Compute.projectedImageCount(
      of: b, headCount: configuration.headCount, headWidth: configuration.headWidth, threadCount: threadCount,
      kernels)
    qkv = Matrix(rows: projected * m, columns: 3 * d)
    attended = Matrix(rows: b * m, columns: d)
    routerTokens = Matrix(rows: s == 0 ? 0 : b * m, columns: d)
    combineWeights = Matrix(rows: b * m, columns: s)
    dispatchWeights = Matrix(rows: b * m, columns: s)
    slotInputs = Matrix(rows: s * b, columns: d)
    slotOutputs = Matrix(rows: s * b, columns: d)
    combineMass = Matrix(rows: layers * b, columns: s)
    effectiveTokens = Matrix(rows: layers * b, columns: s)
    largestDispatch = Matrix(rows: layers * b, columns: s)
    tokenContribution = Matrix(rows: layers * b, columns: m)
    let probes = configuration.pooling == .map ? b : 0
    probeKeysAndValues = Matrix(rows: probes * m, columns: 2 * d)
    probeAttended = Matrix(rows: probes, columns: d)
    pooled = Matrix(rows: b, columns: d)
    features = Matrix(rows: b, columns: configuration.featureWidth)
    logits = Matrix(rows: b, columns: configuration.classCount)
  }

  /// Bytes held, scratch included.
  public var byteCount: Int {
    compute.byteCount + patches.byteCount + tokens.byteCount + normed.byteCount + qkv.byteCount
      + attended.byteCount + routerTokens.byteCount + combineWeights.byteCount
      + dispatchWeights.byteCount + slotInputs.byteCount + slotOutputs.byteCount + combineMass.byteCount
      + effectiveTokens.byteCount + largestDispatch.byteCount + tokenContribution.byteCount
      + probeKeysAndValues.byteCount + probeAttended.byteCount + pooled.byteCount
      + features.byteCount + logits.byteCount
  }

  private static func scratchCount(_ model: ModelConfiguration, maxImageCount: Int, _ kernels: KernelSet)
    -> Int
  {
    let (m, d) = (model.tokenCount, model.width)
    let widths = [
      model.patchSize * model.patchSize * 3, d, model.mlpWidth, model.featureWidth,
    ]
    var needs = widths.map { Compute.linearScratch(kernels, rows: maxImageCount * m, inputWidth: $0) }
    needs.append(
      Compute.mlpScratch(kernels, rows: maxImageCount * m, width: d, mlpWidth: model.mlpWidth))
    needs.append(Compute.attentionScratch(kernels, tokenCount: m, headWidth: model.headWidth, width: d))
    if let moe = model.moe {
      needs.append(Compute.mixScratch(kernels, tokenCount: m, slotCount: moe.slotCount, width: d))
      needs.append(
        Compute.mlpScratch(
          kernels, rows: moe.slotsPerExpert * maxImageCount, width: d, mlpWidth: moe.expertWidth))
    }
    return needs.max() ?? 0
  }
}
