import Checkpoint
import Kernels

/// A dense MLP: `tokens += gain · (gelu(x·W₁ + b₁)·W₂ + b₂)`.
struct MLPBlock {
  private let model: ModelConfiguration
  private let up, down: Linear
  private let gain: WeightVectors?

  init(_ weights: WeightReader, _ model: ModelConfiguration) throws(CheckpointError) {
    self.model = model
    up = try weights[.mlp].linear(.up, model.width, model.mlpWidth)
    down = try weights[.mlp].linear(.down, model.mlpWidth, model.width)
    gain = model.layerScale ? try weights.vectors(.layerScale2, shape: [model.width]) : nil
  }

  /// Reads `workspace.normed` [b·m, d], adds to `workspace.tokens` [b·m, d].
  func callAsFunction(imageCount: Int, _ workspace: inout Workspace) {
    workspace.compute.mlp(
      workspace.normed, up: up, down: down, activation: model.activation.kernel, gain: gain,
      rows: imageCount * model.tokenCount, addingTo: &workspace.tokens)
    workspace.end(.mlp)
  }
}

extension ActivationKind {
  var kernel: Activation {
    switch self {
    case .geluTanh: .geluTanh
    case .geluErf: .geluErf
    }
  }
}
