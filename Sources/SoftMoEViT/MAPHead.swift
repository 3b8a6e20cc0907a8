import Checkpoint
import Kernels

/// Multi-head attention pooling: a learned probe attends over the tokens.
///
///     a      = softmax(q·kᵀ/√hd)·v · W + bias     q from the probe, k and v from the tokens,
///                                                 q and k normalised as in the encoder
///     output = a + MLP(LayerNorm(a))              [d]
///
/// The probe's query is a constant of the checkpoint, computed when it is loaded.
/// - Source: vmoe's MapHead, after big_vision's MAPHead.
struct MAPHead {
  private let model: ModelConfiguration
  private let query: WeightVectors
  private let keysAndValues, output: Linear
  private let keyNorm: LayerNorm?
  private let norm: LayerNorm
  private let up, down: Linear

  init(_ weights: WeightReader, _ model: ModelConfiguration) throws(CheckpointError) {
    self.model = model
    let d = model.width
    let probe = try weights.values("probe", shape: [d])
    let kernel = try weights.checkpoint.tensor(weights.prefix + "query/kernel", shape: [d, d]).floats()
    let bias = try weights.values("query/bias", shape: [d])
    var query = (0..<d).map { column in
      (0..<d).reduce(bias[column]) { $0 + probe[$1] * kernel[$1 * d + column] }
    }
    if model.qkNorm == .none {
      keyNorm = nil
    } else {
      let scale = try weights.values("query_norm/scale", shape: [model.headWidth])
      for head in stride(from: 0, to: d, by: model.headWidth) {
        let columns = head..<head + model.headWidth
        let mean = query[columns].reduce(0, +) / Float(model.headWidth)
        let variance = query[columns].reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(model.headWidth)
        let factor = 1 / (variance + model.normEpsilon).squareRoot()
        for column in columns { query[column] = (query[column] - mean) * factor * scale[column - head] }
      }
      keyNorm = try weights.layerNorm("key_norm", model.headWidth, epsilon: model.normEpsilon, shift: false)
    }
    let scale = 1 / Float(model.headWidth).squareRoot()
    self.query = WeightVectors(values: query.map { $0 * scale })
    keysAndValues = try weights.linear("key_value", d, 2 * d)
    output = try weights.linear("out", d, d)
    norm = try weights.layerNorm("norm", d, epsilon: model.normEpsilon)
    up = try weights["mlp"].linear("up", d, model.mlpWidth)
    down = try weights["mlp"].linear("down", model.mlpWidth, d)
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
    compute.linear(
      workspace.probeAttended, up, imageCount: imageCount, rowsPerImage: 1,
      .activate(model.activation.kernel), into: &workspace.probeHidden)
    compute.linear(
      workspace.probeHidden, down, imageCount: imageCount, rowsPerImage: 1, .accumulate(gain: nil),
      into: &workspace.pooled)
  }
}
