import Checkpoint
import Kernels

/// A dense MLP: `f(x) = activation(x·W₁ + b₁)·W₂ + b₂`, gated where the model says so; `tokens += gain · f(x)`.
struct MLPBlock {
  private let tokenCount: Int
  private let weights: MLPWeights
  private let gain: WeightVectors?

  init(_ weights: WeightReader, _ model: ModelConfiguration) throws(CheckpointError) {
    tokenCount = model.tokenCount
    self.weights = try weights[.mlp].mlp(model, model.mlpWidth, gated: model.gatedMLP)
    gain = model.layerScale ? try weights.vectors(.layerScale2, shape: [model.width]) : nil
  }

  /// Reads `workspace.normed` [b·m, d], adds to `workspace.tokens` [b·m, d].
  func callAsFunction(imageCount: Int, _ workspace: inout Workspace) {
    workspace.compute.mlp(
      workspace.normed, weights, rows: imageCount * tokenCount, .accumulate(gain: gain),
      into: &workspace.tokens)
    workspace.end(.mlp)
  }

  /// Reads `workspace.tokens` [b·m, d], writes f to `workspace.normed` [b·m, d].
  func branch(imageCount: Int, _ workspace: inout Workspace) {
    workspace.compute.mlp(
      workspace.tokens, weights, rows: imageCount * tokenCount, .store, into: &workspace.normed)
    workspace.end(.mlp)
  }
}

extension WeightReader {
  /// An MLP of this part, or `count` of them; or of each its second product alone.
  func mlp(
    _ model: ModelConfiguration, count: Int? = nil, _ hiddenWidth: Int, gated: Bool, _ kind: ExpertKind = .mlp
  ) throws(CheckpointError) -> MLPWeights {
    MLPWeights(
      gate: gated ? try linear(.gate, count: count, model.width, hiddenWidth) : nil,
      up: kind == .mlp ? try linear(.up, count: count, model.width, hiddenWidth) : nil,
      down: try linear(.down, count: count, hiddenWidth, model.width), activation: model.activation.kernel)
  }
}

extension ActivationKind {
  var kernel: Activation {
    switch self {
    case .geluTanh: .geluTanh
    case .geluErf: .geluErf
    case .quickGelu: .quickGelu
    case .silu: .silu
    case .relu: .relu
    }
  }
}
