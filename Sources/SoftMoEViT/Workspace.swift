import Kernels

/// What a forward pass writes. Allocated once, for the largest batch.
///
/// Axes: b images, m tokens, d width, h MLP width, s slots, w the width of what slots are mixed from.
public struct Workspace: ~Copyable {
  /// The largest batch.
  public let maxImageCount: Int
  /// m.
  let tokenCount: Int
  /// Set it to an empty one to learn where time goes.
  public var profile: ForwardProfile?
  /// The machine's threads, and scratch for each.
  package let compute: Compute

  /// [b·patches, P·P·3], the input.
  var patches: Matrix
  /// [b·m, d], the residual stream.
  var tokens: Matrix
  /// [b·m, d], tokens after a LayerNorm.
  var normed: Matrix
  /// [images·m, 3·a], for batches too small to make each head's projections apart.
  var qkv: Matrix
  /// [b·m, a], all heads' outputs, a = heads · head width.
  var attended: Matrix
  /// [b·m, w], tokens after the router's normalisation, after the first product of the experts' MLP, or rounded for
  /// dispatch.
  var routerTokens: Matrix
  /// [b·m, s].
  var routerLogits: Matrix
  /// [b·m, s], in the memory of the router's logits: a softmax in place makes one of the other.
  var combineWeights: Matrix
  /// [b·m, s].
  var dispatchWeights: Matrix
  /// [rows, w], the rows of one expert after those of another: [s·b, w] of a soft router, slot-major.
  var slotInputs: Matrix
  /// [rows, d], likewise.
  var slotOutputs: Matrix
  /// Which tokens each expert works on, of a sparse router; of nobody with a soft one.
  let expertRows: ExpertRows
  /// [b·m, 2·d], [b, d]: the steps of a MAP head; empty without one.
  var probeKeysAndValues, probeAttended: Matrix
  /// [b, pooled width].
  var pooled: Matrix
  /// [b, feature width], what the head reads.
  var features: Matrix
  /// [b, c].
  var logits: Matrix
}

extension Workspace {
  /// Room for `maxImageCount` images of a model.
  ///
  /// - Parameter threads: the machine's; workspaces share them.
  /// - Throws: `MachineError.memory`.
  public init(
    for configuration: ModelConfiguration, maxImageCount: Int, threads: ThreadPool, kernels: KernelSet
  ) throws(MachineError) {
    let (b, m, d) = (maxImageCount, configuration.tokenCount, configuration.width)
    let a = configuration.attentionWidth
    let (s, w) = (configuration.moe?.slotCount ?? 0, configuration.slotWidth)
    let rows = b * (configuration.moe?.rowCount(tokenCount: m) ?? 0)
    let isSparse = configuration.moe.map { $0.router != .soft } ?? false
    let probes = configuration.pooling == .map ? b : 0
    let projected = Compute.projectedImageCount(
      of: b, headCount: configuration.headCount, headWidth: configuration.headWidth,
      threadCount: threads.threadCount, kernels)
    let routerLogits = try Matrix(rows: b * m, columns: s)
    let combineWeights = Matrix(sharing: routerLogits)
    self.init(
      maxImageCount: b, tokenCount: m,
      compute: try Compute(
        threads: threads, kernels: kernels,
        scratchCount: Self.scratchCount(configuration, maxImageCount: b, kernels)),
      patches: try Matrix(
        rows: b * configuration.patchCount, columns: configuration.patchSize * configuration.patchSize * 3),
      tokens: try Matrix(rows: b * m, columns: d), normed: try Matrix(rows: b * m, columns: d),
      qkv: try Matrix(rows: projected * m, columns: 3 * a), attended: try Matrix(rows: b * m, columns: a),
      routerTokens: try Matrix(rows: s == 0 ? 0 : b * m, columns: w),
      routerLogits: routerLogits, combineWeights: combineWeights,
      dispatchWeights: try Matrix(rows: b * m, columns: s),
      slotInputs: try Matrix(rows: rows, columns: w), slotOutputs: try Matrix(rows: rows, columns: d),
      expertRows: try ExpertRows(
        maxImageCount: isSparse ? b : 0, tokenCount: m, expertCount: isSparse ? s : 0),
      probeKeysAndValues: try Matrix(rows: probes * m, columns: 2 * d),
      probeAttended: try Matrix(rows: probes, columns: d),
      pooled: try Matrix(rows: b, columns: configuration.pooledWidth),
      features: try Matrix(rows: b, columns: configuration.featureWidth),
      logits: try Matrix(rows: b, columns: configuration.classCount))
  }

  /// Bytes held, scratch included.
  public var byteCount: Int {
    compute.byteCount + patches.byteCount + tokens.byteCount + normed.byteCount + qkv.byteCount
      + attended.byteCount + routerTokens.byteCount + routerLogits.byteCount
      + dispatchWeights.byteCount + slotInputs.byteCount + slotOutputs.byteCount + expertRows.byteCount
      + probeKeysAndValues.byteCount + probeAttended.byteCount + pooled.byteCount
      + features.byteCount + logits.byteCount
  }

  private static func scratchCount(_ model: ModelConfiguration, maxImageCount: Int, _ kernels: KernelSet)
    -> Int
  {
    let (m, d) = (model.tokenCount, model.width)
    let widths = [
      model.patchSize * model.patchSize * 3, d, model.mlpWidth, model.featureWidth, model.pooledWidth,
      model.attentionWidth, model.slotWidth,
    ]
    var needs = widths.map { Compute.linearScratch(kernels, rows: maxImageCount * m, inputWidth: $0) }
    needs.append(
      Compute.mlpScratch(kernels, rows: maxImageCount * m, width: d, mlpWidth: model.mlpWidth))
    needs.append(Compute.attentionScratch(kernels, tokenCount: m, headWidth: model.headWidth, width: d))
    if let moe = model.moe {
      needs.append(
        moe.router == .soft
          ? Compute.mixScratch(
            kernels, tokenCount: m, slotCount: moe.slotCount, width: max(d, model.slotWidth))
          : Compute.sparseScratch(tokenCount: m, selected: moe.selectedExperts, width: d))
      needs.append(
        Compute.mlpScratch(
          kernels, rows: moe.capacity(tokenCount: m) * maxImageCount, width: d, mlpWidth: moe.expertWidth))
    }
    return needs.max() ?? 0
  }
}
