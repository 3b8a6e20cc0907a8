import Checkpoint
import Kernels

/// Multi-head self-attention: `tokens += gain · (softmax(q·kᵀ/√hd)·v)·W + bias`.
struct SelfAttention {
  private let model: ModelConfiguration
  private let projection: AttentionProjection
  private let output: Linear
  private let gain: WeightVectors?

  init(_ weights: WeightReader, _ model: ModelConfiguration) throws(CheckpointError) {
    self.model = model
    let attention = weights[.attention]
    let qkv = try attention.linear(.qkv, model.width, 3 * model.attentionWidth, bias: model.qkvBias)
    func headNorm(_ name: TensorName.Part) throws(CheckpointError) -> LayerNorm? {
      switch model.qkNorm {
      case .none: nil
      case .scale, .scaleAndShift:
        try attention.norm(name, model, width: model.headWidth, shift: model.qkNorm == .scaleAndShift)
      }
    }
    projection = AttentionProjection(
      qkv: qkv, queryNorm: try headNorm(.queryNorm), keyNorm: try headNorm(.keyNorm))
    output = try attention.linear(.out, model.attentionWidth, model.width)
    gain = model.layerScale ? try weights.vectors(.layerScale1, shape: [model.width]) : nil
  }

  /// Reads `workspace.normed` [b·m, d], adds to `workspace.tokens` [b·m, d].
  func callAsFunction(imageCount: Int, _ workspace: inout Workspace) {
    let compute = workspace.compute
    let m = model.tokenCount
    compute.attention(
      workspace.normed, projection, imageCount: imageCount, tokenCount: m, headCount: model.headCount,
      projected: &workspace.qkv, into: &workspace.attended)
    compute.linear(
      workspace.attended, output, imageCount: imageCount, rowsPerImage: m, .accumulate(gain: gain),
      into: &workspace.tokens)
    workspace.end(.attention)
  }

  /// Reads `workspace.tokens` [b·m, d], writes the branch to `workspace.normed` [b·m, d].
  func branch(imageCount: Int, _ workspace: inout Workspace) {
    let compute = workspace.compute
    let m = model.tokenCount
    compute.attention(
      workspace.tokens, projection, imageCount: imageCount, tokenCount: m, headCount: model.headCount,
      projected: &workspace.qkv, into: &workspace.attended)
    compute.linear(
      workspace.attended, output, imageCount: imageCount, rowsPerImage: m, into: &workspace.normed)
    workspace.end(.attention)
  }
}
