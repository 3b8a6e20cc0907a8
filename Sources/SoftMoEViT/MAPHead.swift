import Checkpoint
import Kernels

/// Multi-head attention pooling: a learned probe attends over the tokens.
///
///     a      = softmax(q·kᵀ/√hd)·v · W + bias     q from the probe, k and v from the tokens,
///                                                 q and k normalised as in the encoder
///     output = a + MLP(LayerNorm(a))              [d]
///
/// The probe's query is a constant of the checkpoint.
/// - Source: vmoe's MapHead, after big_vision's MAPHead.
struct MAPHead {
  private let model: ModelConfiguration
  private let query: WeightVectors
  private let keysAndValues, output: Linear
  private let keyNorm: LayerNorm?
  private let norm: LayerNorm
  private let mlp: MLPWeights

  init(_ weights: WeightReader, _ model: ModelConfiguration) throws(CheckpointError) {
    self.model = model
    let d = model.width
    query = try weights.vectors(.query, shape: [d])
    keyNorm =
      model.qkNorm == .none
      ? nil : try weights.norm(.keyNorm, model, width: model.headWidth, shift: false)
    keysAndValues = try weights.linear(.keyValue, d, 2 * d)
    output = try weights.linear(.out, d, d)
    norm = try weights.norm(.norm, model)
    mlp = try weights[.mlp].mlp(model, model.mlpWidth, gated: false)
  }

  /// `workspace.normed` [b·m, d] → `workspace.pooled` [b, d].
  func callAsFunction(imageCount: Int, _ workspace: inout Workspace) {
    let compute = workspace.compute
    compute.linear(
      workspace.normed, keysAndValues, imageCount: imageCount, rowsPerImage: model.tokenCount,
      into: &workspace.probeKeysAndValues)
    if let keyNorm {
      compute.headNorm(
        keyNorm, rows: imageCount * model.tokenCount, firstColumn: 0, headCount: model.headCount,
        headWidth: model.headWidth, inPlace: &workspace.probeKeysAndValues)
    }
    compute.attentionPooling(
      workspace.probeKeysAndValues, query: query, imageCount: imageCount, tokenCount: model.tokenCount,
      headCount: model.headCount, into: &workspace.probeAttended)
    compute.linear(
      workspace.probeAttended, output, imageCount: imageCount, rowsPerImage: 1, into: &workspace.pooled)
    compute.layerNorm(workspace.pooled, norm, rows: imageCount, into: &workspace.probeAttended)
    compute.mlp(
      workspace.probeAttended, mlp, rows: imageCount, .accumulate(gain: nil), into: &workspace.pooled)
  }
}
