import Checkpoint
import Kernels

/// A router's product: `logits = normalize(X) · W`, with a bias in models that have one.
///
/// W [d, s] is normalised and scaled already, a constant of the checkpoint: phi of a soft router, the gate's kernel
/// of a sparse one.
struct RouterProjection {
  private let tokenCount: Int
  private let normalization: NormalizationKind
  private let l2Normalization: L2Normalization?
  private let epsilon: Float
  private let kernel: Linear
  /// Whether X is hidden rows, in `workspace.routerTokens` from the start.
  private let isHidden: Bool

  init(_ weights: WeightReader, _ model: ModelConfiguration, _ moe: ModelConfiguration.SoftMoE)
    throws(CheckpointError)
  {
    tokenCount = model.tokenCount
    (normalization, l2Normalization) = (moe.normalization, moe.l2Normalization)
    epsilon = moe.normalizationEpsilon
    kernel = try weights.linear(.router, model.slotWidth, moe.slotCount, bias: moe.routerBias)
    isHidden = moe.expertKind == .secondProduct
  }

  /// `workspace.normed` [b·m, d], or hidden rows in `routerTokens` [b·m, h] → `workspace.routerLogits` [b·m, s]; what it
  /// normalised stays in `routerTokens`.
  func callAsFunction(imageCount: Int, _ workspace: inout Workspace) {
    let compute = workspace.compute
    let rows = imageCount * tokenCount
    guard normalization != .none || isHidden else {
      compute.linear(
        workspace.normed, kernel, imageCount: imageCount, rowsPerImage: tokenCount,
        into: &workspace.routerLogits)
      return
    }
    if let l2Normalization {
      compute.normalize(workspace.normed, l2Normalization, rows: rows, into: &workspace.routerTokens)
    } else if normalization == .layerNorm {
      let norm = LayerNorm(scale: nil, shift: nil, epsilon: epsilon)
      compute.layerNorm(workspace.normed, norm, rows: rows, into: &workspace.routerTokens)
    }
    compute.linear(
      workspace.routerTokens, kernel, imageCount: imageCount, rowsPerImage: tokenCount,
      into: &workspace.routerLogits)
  }
}
