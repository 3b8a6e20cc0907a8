import Checkpoint
import Kernels

/// The first product of a block's MLP where its experts are the second: `hidden = activation(X·W + b)`.
///
/// Slots are then mixed of the hidden rows, and the router reads them. Axes: b images, m tokens, d width, h hidden
/// width.
/// - Source: fkodom/soft-mixture-of-experts, SoftMoEEncoderLayer.
struct FirstProduct {
  private let tokenCount: Int
  private let linear: Linear
  private let activation: Activation

  init(_ weights: WeightReader, _ model: ModelConfiguration, _ moe: ModelConfiguration.SoftMoE)
    throws(CheckpointError)
  {
    tokenCount = model.tokenCount
    linear = try weights.linear(.up, model.width, moe.expertWidth)
    activation = model.activation.kernel
  }

  /// `workspace.normed` X [b·m, d] → `workspace.routerTokens` [b·m, h].
  func callAsFunction(imageCount: Int, _ workspace: inout Workspace) {
    workspace.compute.linear(
      workspace.normed, linear, imageCount: imageCount, rowsPerImage: tokenCount, .activate(activation),
      into: &workspace.routerTokens)
    workspace.end(.mlp)
  }
}
