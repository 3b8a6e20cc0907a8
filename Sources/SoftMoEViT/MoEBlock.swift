import Checkpoint
import Kernels

/// A mixture of experts in place of a dense MLP; with the soft router:
///
///     X       = hidden rows, if experts are the second product alone
///     logits  = router(X)                              [b·m, s]
///     dispatch, combine = softmaxes of the logits      [b·m, s]
///     inputs  = dispatchᵀ · X                          [s·b, d]
///     outputs = expert_e(inputs of expert e)           [s·b, d]
///     tokens += gain · (combine · outputs)             [b·m, d]
///
/// Axes: b images, m tokens, s slots, d width.
/// - Source: arXiv 2308.00951, section 2.1.
struct MoEBlock {
  private let firstProduct: FirstProduct?
  private let router: any Router
  private let experts: MLPWeights
  private let gain: WeightVectors?

  init(_ weights: WeightReader, _ model: ModelConfiguration, _ moe: ModelConfiguration.SoftMoE)
    throws(CheckpointError)
  {
    firstProduct = moe.expertKind == .secondProduct ? try FirstProduct(weights[.moe], model, moe) : nil
    router = try moe.makeRouter(weights[.moe], model)
    experts = try weights[.moe][.experts].mlp(
      model, count: moe.expertCount, moe.expertWidth, gated: moe.gated, moe.expertKind)
    gain = model.layerScale ? try weights.vectors(.layerScale2, shape: [model.width]) : nil
  }

  /// Reads `workspace.normed` X [b·m, d], adds to `workspace.tokens` [b·m, d].
  ///
  /// - Parameter layer: which of the mixtures this is, for the observer.
  func callAsFunction(
    imageCount: Int, layer: Int, _ workspace: inout Workspace, _ observer: (any RoutingObserver)?
  ) {
    firstProduct?(imageCount: imageCount, &workspace)
    router.computeLogits(imageCount: imageCount, &workspace)
    router.computeWeights(imageCount: imageCount, layer: layer, &workspace, observer?.summaries)
    observer?.observe(layer: layer, workspace)
    router.dispatch(imageCount: imageCount, &workspace)
    workspace.end(.dispatch)
    router.run(experts, imageCount: imageCount, &workspace)
    workspace.end(.experts)
    router.combine(imageCount: imageCount, gain: gain, &workspace)
    workspace.end(.combine)
  }
}
