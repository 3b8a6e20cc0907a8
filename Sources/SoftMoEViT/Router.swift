import Checkpoint
import Kernels

/// Decides what the experts read of the tokens, and what each token gets back.
///
/// A block asks for these steps in order and knows nothing else of its router. Axes: b images, m tokens, d width,
/// s columns: the slots of a soft router, the experts of a sparse one.
protocol Router: Sendable {
  /// `workspace.normed` X [b·m, d] → `workspace.routerLogits` [b·m, s].
  func computeLogits(imageCount: Int, _ workspace: inout Workspace)

  /// The logits → `workspace.dispatchWeights` and `workspace.combineWeights` [b·m, s].
  ///
  /// - Parameter summaries: where a layer's summaries of each image go; nil where nobody watches.
  func computeWeights(
    imageCount: Int, layer: Int, _ workspace: inout Workspace, _ summaries: RoutingSummaries?)

  /// X and the dispatch weights → `workspace.slotInputs`, the rows of one expert after those of another.
  func dispatch(imageCount: Int, _ workspace: inout Workspace)

  /// Each expert on its rows of `workspace.slotInputs` → `workspace.slotOutputs`.
  func run(_ experts: MLPWeights, imageCount: Int, _ workspace: inout Workspace)

  /// `workspace.slotOutputs` and the combine weights, times a gain, added to `workspace.tokens` [b·m, d].
  func combine(imageCount: Int, gain: WeightVectors?, _ workspace: inout Workspace)
}

extension ModelConfiguration.SoftMoE {
  /// The router that the configuration names, with its weights.
  func makeRouter(_ weights: WeightReader, _ model: ModelConfiguration) throws(CheckpointError) -> any Router
  {
    switch router {
    case .soft: try SoftRouter(weights, model, self)
    case .tokensChoice, .expertsChoice: try SparseRouter(weights, model, self)
    }
  }
}
