import Checkpoint
import Kernels

/// A Soft MoE layer in place of a dense MLP:
///
///     slots   = dispatchᵀ · X                   [s, d]
///     outputs = expert_e(slots of expert e)     [s, d]
///     tokens += gain · (combine · outputs)      [m, d]
///
/// - Source: arXiv 2308.00951, eq. 2 and 3.
struct SoftMoEBlock {
  private let model: ModelConfiguration
  private let moe: ModelConfiguration.SoftMoE
  private let router: SoftRouter
  private let up, down: Linear
  private let gain: WeightVectors?

  init(_ weights: WeightReader, _ model: ModelConfiguration, _ moe: ModelConfiguration.SoftMoE)
    throws(CheckpointError)
  {
    self.model = model
    self.moe = moe
    router = try SoftRouter(weights[.moe], model, moe)
    let experts = weights[.moe][.experts]
    up = try experts.linear(.up, count: moe.expertCount, model.width, moe.expertWidth)
    down = try experts.linear(.down, count: moe.expertCount, moe.expertWidth, model.width)
    gain = model.layerScale ? try weights.vectors(.layerScale2, shape: [model.width]) : nil
  }

  /// Reads `workspace.normed` [b·m, d], adds to `workspace.tokens` [b·m, d].
  func callAsFunction(imageCount: Int, layer: Int, _ workspace: inout Workspace) {
    let compute = workspace.compute
    router(imageCount: imageCount, layer: layer, &workspace)
    workspace.end(.dispatch)
    compute.experts(
      workspace.slotInputs, up: up, down: down, activation: model.activation.kernel,
      rowsPerExpert: moe.slotsPerExpert * imageCount, into: &workspace.slotOutputs)
    workspace.end(.experts)
    if moe.dispatchRounding == .bfloat16 {
      compute.roundToBFloat16(rows: moe.slotCount * imageCount, inPlace: &workspace.slotOutputs)
    }
    compute.mixSlots(
      workspace.slotOutputs, workspace.combineWeights, imageCount: imageCount, tokenCount: model.tokenCount,
      gain: gain, addingTo: &workspace.tokens)
    workspace.end(.combine)
  }
}
