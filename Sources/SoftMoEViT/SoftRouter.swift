import Checkpoint
import Kernels

/// The router of a Soft MoE layer: one matrix of logits, two softmaxes.
///
///     logits   = scale · normalize(X) · normalize(phi)     [m, s]
///     dispatch = softmax of the logits over the tokens     [m, s]
///     combine  = softmax of the logits over the slots      [m, s]
///
/// Both softmaxes stay inside one image. `scale · normalize(phi)` is a constant of the checkpoint.
/// - Source: arXiv 2308.00951, eq. 1 and 3, algorithm 2.
struct SoftRouter {
  private let model: ModelConfiguration
  private let moe: ModelConfiguration.SoftMoE
  private let phi: Linear

  init(_ weights: WeightReader, _ model: ModelConfiguration, _ moe: ModelConfiguration.SoftMoE)
    throws(CheckpointError)
  {
    self.model = model
    self.moe = moe
    phi = try weights.linear(.router, model.width, moe.slotCount, bias: false)
  }

  /// Reads `workspace.normed` (X); writes dispatch and combine weights and slot inputs.
  ///
  /// - Parameter layer: which of the Soft MoE layers this is, for the statistics' rows.
  func callAsFunction(imageCount: Int, layer: Int, _ workspace: inout Workspace) {
    let compute = workspace.compute
    let m = model.tokenCount
    let observedRow = workspace.observesRouting ? layer * workspace.maxImageCount : nil
    if let normalization = moe.l2Normalization {
      compute.normalize(
        workspace.normed, normalization, rows: imageCount * m, into: &workspace.routerTokens)
      compute.linear(
        workspace.routerTokens, phi, imageCount: imageCount, rowsPerImage: m, into: &workspace.combineWeights)
    } else {
      compute.linear(
        workspace.normed, phi, imageCount: imageCount, rowsPerImage: m, into: &workspace.combineWeights)
    }
    compute.softmaxOverTokens(
      workspace.combineWeights, imageCount: imageCount, tokenCount: m, into: &workspace.dispatchWeights,
      effectiveTokens: &workspace.effectiveTokens, largestWeight: &workspace.largestDispatch,
      firstRow: observedRow)
    compute.softmaxOverSlots(rows: imageCount * m, inPlace: &workspace.combineWeights)
    if let observedRow {
      compute.tokenContribution(
        workspace.dispatchWeights, imageCount: imageCount, tokenCount: m, into: &workspace.tokenContribution,
        firstRow: observedRow)
      compute.combineMass(
        workspace.combineWeights, imageCount: imageCount, tokenCount: m, into: &workspace.combineMass,
        firstRow: observedRow)
    }
    mixTokens(imageCount: imageCount, &workspace)
  }

  /// `slotInputs = dispatchᵀ · X`, X normalised or rounded where the configuration says so.
  private func mixTokens(imageCount: Int, _ workspace: inout Workspace) {
    let compute = workspace.compute
    let m = model.tokenCount
    let isNormalized = moe.slotSource == .normalizedTokens && moe.normalization != .none
    if moe.dispatchRounding == .bfloat16 {
      if !isNormalized {
        compute.copy(workspace.normed, rows: imageCount * m, into: &workspace.routerTokens)
      }
      compute.roundToBFloat16(rows: imageCount * m, inPlace: &workspace.routerTokens)
    }
    if isNormalized || moe.dispatchRounding == .bfloat16 {
      compute.mixTokens(
        workspace.routerTokens, workspace.dispatchWeights, imageCount: imageCount, tokenCount: m,
        into: &workspace.slotInputs)
    } else {
      compute.mixTokens(
        workspace.normed, workspace.dispatchWeights, imageCount: imageCount, tokenCount: m,
        into: &workspace.slotInputs)
    }
  }
}
