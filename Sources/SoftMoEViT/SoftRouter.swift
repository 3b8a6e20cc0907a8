import Checkpoint
import Kernels

/// The router of a Soft MoE layer: one matrix of logits, two softmaxes.
///
///     logits   = scale · normalize(X) · normalize(phi)     [m, s], with a bias in models that have one
///     dispatch = softmax of the logits over the tokens     [m, s]
///     combine  = softmax of the logits over the slots      [m, s]
///
/// Both softmaxes stay inside one image. `scale · normalize(phi)` is a constant of the checkpoint.
/// - Source: arXiv 2308.00951, eq. 1 and 3, algorithm 2.
struct SoftRouter: Router {
  private let model: ModelConfiguration
  private let moe: ModelConfiguration.SoftMoE
  private let projection: RouterProjection
  /// Whether X is hidden rows, in `workspace.routerTokens` from the start.
  private var isHidden: Bool { moe.expertKind == .secondProduct }

  init(_ weights: WeightReader, _ model: ModelConfiguration, _ moe: ModelConfiguration.SoftMoE)
    throws(CheckpointError)
  {
    self.model = model
    self.moe = moe
    projection = try RouterProjection(weights, model, moe)
  }

  /// `logits = normalize(X) · phi`, phi normalised and scaled.
  func computeLogits(imageCount: Int, _ workspace: inout Workspace) {
    projection(imageCount: imageCount, &workspace)
  }

  /// `dispatch = softmax over tokens`, then `combine = softmax over slots`, in the place of the logits.
  func computeWeights(
    imageCount: Int, layer: Int, _ workspace: inout Workspace, _ summaries: RoutingSummaries?
  ) {
    let compute = workspace.compute
    let m = model.tokenCount
    guard let summaries else {
      compute.softmaxOverTokens(
        workspace.routerLogits, imageCount: imageCount, tokenCount: m, into: &workspace.dispatchWeights)
      compute.softmaxOverSlots(rows: imageCount * m, inPlace: &workspace.combineWeights)
      return
    }
    let row = layer * summaries.maxImageCount
    compute.softmaxOverTokens(
      workspace.routerLogits, imageCount: imageCount, tokenCount: m, into: &workspace.dispatchWeights,
      effectiveTokens: &summaries.effectiveTokens, largestWeight: &summaries.largestDispatch, firstRow: row)
    compute.softmaxOverSlots(rows: imageCount * m, inPlace: &workspace.combineWeights)
    compute.tokenContribution(
      workspace.dispatchWeights, imageCount: imageCount, tokenCount: m, into: &summaries.tokenContribution,
      firstRow: row)
    compute.slotMass(
      workspace.combineWeights, imageCount: imageCount, tokenCount: m, into: &summaries.slotMass,
      firstRow: row)
  }

  /// `slotInputs = dispatchᵀ · X`, X normalised or rounded where the configuration says so.
  func dispatch(imageCount: Int, _ workspace: inout Workspace) {
    let compute = workspace.compute
    let m = model.tokenCount
    let readsRouterTokens = isHidden || moe.slotSource == .normalizedTokens && moe.normalization != .none
    if moe.dispatchRounding == .bfloat16 {
      if !readsRouterTokens {
        compute.copy(workspace.normed, rows: imageCount * m, into: &workspace.routerTokens)
      }
      compute.roundToBFloat16(rows: imageCount * m, inPlace: &workspace.routerTokens)
    }
    if readsRouterTokens || moe.dispatchRounding == .bfloat16 {
      compute.mixTokens(
        workspace.routerTokens, workspace.dispatchWeights, imageCount: imageCount, tokenCount: m,
        into: &workspace.slotInputs)
    } else {
      compute.mixTokens(
        workspace.normed, workspace.dispatchWeights, imageCount: imageCount, tokenCount: m,
        into: &workspace.slotInputs)
    }
  }

  /// Every expert has its p slots of each image.
  func run(_ experts: MLPWeights, imageCount: Int, _ workspace: inout Workspace) {
    workspace.compute.experts(
      workspace.slotInputs, experts, rowsPerExpert: moe.slotsPerExpert * imageCount,
      into: &workspace.slotOutputs)
  }

  /// `tokens += gain · (combine · slotOutputs)`, the outputs rounded where the configuration says so.
  func combine(imageCount: Int, gain: WeightVectors?, _ workspace: inout Workspace) {
    let compute = workspace.compute
    if moe.dispatchRounding == .bfloat16 {
      compute.roundToBFloat16(rows: moe.slotCount * imageCount, inPlace: &workspace.slotOutputs)
    }
    compute.mixSlots(
      workspace.slotOutputs, workspace.combineWeights, imageCount: imageCount, tokenCount: model.tokenCount,
      gain: gain, addingTo: &workspace.tokens)
  }
}
