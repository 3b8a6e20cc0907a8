import Checkpoint
import Kernels

/// Tokens → features → logits: last LayerNorm, pooling, an optional Dense + tanh, the classifier.
struct Head {
  private let model: ModelConfiguration
  private let finalNorm: LayerNorm
  private let mapHead: MAPHead?
  private let preLogits: Linear?
  private let classifier: Linear

  init(_ weights: WeightReader, _ model: ModelConfiguration) throws(CheckpointError) {
    self.model = model
    mapHead = model.pooling == .map ? try MAPHead(weights[.mapHead], model) : nil
    finalNorm = try weights.layerNorm(.finalNorm, model.width, epsilon: model.normEpsilon)
    preLogits =
      if let width = model.preLogitsWidth {
        try weights.linear(.preLogits, model.width, width)
      } else {
        nil
      }
    classifier = try weights.linear(.head, model.featureWidth, model.classCount)
  }

  /// `workspace.tokens` [b·m, d] → `workspace.features` [b, …] → `workspace.logits` [b, c].
  func callAsFunction(imageCount: Int, _ workspace: inout Workspace) {
    let compute = workspace.compute
    switch model.finalNorm {
    case .tokens:
      compute.layerNorm(
        workspace.tokens, finalNorm, rows: imageCount * model.tokenCount, into: &workspace.normed)
    case .features:
      compute.copy(workspace.tokens, rows: imageCount * model.tokenCount, into: &workspace.normed)
    }
    switch model.pooling {
    case .classToken, .firstToken:
      compute.selectToken(
        workspace.normed, 0, imageCount: imageCount, tokenCount: model.tokenCount, into: &workspace.pooled)
    case .map:
      mapHead?(imageCount: imageCount, &workspace)
    case .mean:
      compute.meanOfTokens(
        workspace.normed, imageCount: imageCount, tokenCount: model.tokenCount,
        firstToken: model.classToken ? 1 : 0, into: &workspace.pooled)
    }
    if model.finalNorm == .features {
      compute.layerNorm(finalNorm, rows: imageCount, inPlace: &workspace.pooled)
    }
    if let preLogits {
      compute.linear(
        workspace.pooled, preLogits, imageCount: imageCount, rowsPerImage: 1, .activate(.tanh),
        into: &workspace.features)
    } else {
      compute.copy(workspace.pooled, rows: imageCount, into: &workspace.features)
    }
    compute.linear(
      workspace.features, classifier, imageCount: imageCount, rowsPerImage: 1, into: &workspace.logits)
    workspace.end(.head)
  }
}
