import Checkpoint
import Kernels

/// A router that sends tokens to some experts, as they are:
///
///     gates   = softmax over the experts of X·W             [m, n]
///     tokens choose:  each token meets the K experts of its largest gates, as far as they have room
///     experts choose: each expert meets the C tokens of its largest gates
///     output  = Σ over the experts that a token meets of gate · expert(token)
///
/// Who chooses does so among the tokens of one image: V-MoE's groups of several images would let neighbours in a
/// batch take each other's places. A token that meets nobody keeps what its residual has.
/// - Source: arXiv 2106.05974 (Tokens Choice, batch priority), arXiv 2202.09368 (Experts Choice).
struct SparseRouter: Router {
  private let tokenCount: Int
  private let moe: ModelConfiguration.SoftMoE
  private let projection: RouterProjection

  init(_ weights: WeightReader, _ model: ModelConfiguration, _ moe: ModelConfiguration.SoftMoE)
    throws(CheckpointError)
  {
    tokenCount = model.tokenCount
    self.moe = moe
    projection = try RouterProjection(weights, model, moe)
  }

  func computeLogits(imageCount: Int, _ workspace: inout Workspace) {
    projection(imageCount: imageCount, &workspace)
  }

  /// The gates, 0 where a token and an expert do not meet, in the place of the logits; dispatch is 1 where they do.
  func computeWeights(
    imageCount: Int, layer: Int, _ workspace: inout Workspace, _ summaries: RoutingSummaries?
  ) {
    let compute = workspace.compute
    let capacity = moe.capacity(tokenCount: tokenCount)
    compute.softmaxOverSlots(rows: imageCount * tokenCount, inPlace: &workspace.combineWeights)
    if moe.router == .tokensChoice {
      compute.chooseExperts(
        &workspace.combineWeights, imageCount: imageCount, selected: moe.selectedExperts, capacity: capacity,
        byPriority: moe.batchPriority, isRenormalized: moe.renormalizedGates,
        into: &workspace.dispatchWeights,
        workspace.expertRows)
    } else {
      compute.chooseTokens(
        &workspace.combineWeights, imageCount: imageCount, capacity: capacity,
        into: &workspace.dispatchWeights,
        workspace.expertRows)
    }
    guard let summaries else { return }
    compute.summarize(
      workspace.combineWeights, imageCount: imageCount, workspace.expertRows,
      gateShare: &summaries.slotMass, tokensTaken: &summaries.effectiveTokens,
      largestGate: &summaries.largestDispatch, tokenContribution: &summaries.tokenContribution,
      demand: &summaries.demand, firstChoices: &summaries.firstChoices,
      firstRow: layer * summaries.maxImageCount)
  }

  /// Copies of the tokens, rounded where the configuration says so.
  func dispatch(imageCount: Int, _ workspace: inout Workspace) {
    let (compute, rows) = (workspace.compute, workspace.expertRows)
    compute.gather(workspace.normed, imageCount: imageCount, rows, into: &workspace.slotInputs)
    if moe.dispatchRounding == .bfloat16 {
      compute.roundToBFloat16(rows: rows.rowCount(imageCount: imageCount), inPlace: &workspace.slotInputs)
    }
  }

  func run(_ experts: MLPWeights, imageCount: Int, _ workspace: inout Workspace) {
    workspace.compute.experts(
      workspace.slotInputs, experts, imageCount: imageCount, workspace.expertRows,
      into: &workspace.slotOutputs)
  }

  /// `tokens += gain · Σ gate · output`, the outputs rounded where the configuration says so.
  func combine(imageCount: Int, gain: WeightVectors?, _ workspace: inout Workspace) {
    let (compute, rows) = (workspace.compute, workspace.expertRows)
    if moe.dispatchRounding == .bfloat16 {
      compute.roundToBFloat16(rows: rows.rowCount(imageCount: imageCount), inPlace: &workspace.slotOutputs)
    }
    compute.scatter(
      workspace.slotOutputs, workspace.combineWeights, imageCount: imageCount, rows, gain: gain,
      addingTo: &workspace.tokens)
  }
}
