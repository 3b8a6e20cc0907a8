import Checkpoint
import Kernels

/// Tokens → features → logits: last norm, pooling, an optional Dense + tanh, the classifier if there is one.
struct Head {
  private let model: ModelConfiguration
  private let finalNorm: LayerNorm?
  private let mapHead: MAPHead?
  private let preLogits: Linear?
  private let classifier: Linear?

  init(_ weights: WeightReader, _ model: ModelConfiguration) throws(CheckpointError) {
    self.model = model
    mapHead = model.pooling == .map ? try MAPHead(weights[.mapHead], model) : nil
    finalNorm = model.finalNorm == .none ? nil : try weights.norm(.finalNorm, model)
    preLogits =
      if let width = model.preLogitsWidth {
        try weights.linear(.preLogits, model.pooledWidth, width)
      } else {
        nil
      }
    classifier = model.classCount == 0 ? nil : try weights.linear(.head, model.featureWidth, model.classCount)
  }

  /// `workspace.tokens` [b·m, d] → `workspace.features` [b, …] → `workspace.logits` [b, c].
  func callAsFunction(imageCount: Int, _ workspace: inout Workspace) {
    let compute = workspace.compute
    if let finalNorm, model.finalNorm == .tokens {
      compute.layerNorm(
        workspace.tokens, finalNorm, rows: imageCount * model.tokenCount, into: &workspace.normed)
    } else {
      compute.copy(workspace.tokens, rows: imageCount * model.tokenCount, into: &workspace.normed)
    }
    switch model.pooling {
    case .classToken, .firstToken: select(0, imageCount, &workspace)
    case .map: mapHead?(imageCount: imageCount, &workspace)
    case .mean: mean(from: model.leadingTokenCount, imageCount, &workspace)
    case .meanOfAll: mean(from: 0, imageCount, &workspace)
    case .classTokenAndMean:
      select(0, imageCount, &workspace)
      mean(from: model.leadingTokenCount, imageCount, &workspace, firstColumn: model.width)
    case .twoTokens:
      select(0, imageCount, &workspace)
      select(1, imageCount, &workspace, firstColumn: model.width)
    }
    if let finalNorm, model.finalNorm == .features {
      compute.layerNorm(finalNorm, rows: imageCount, inPlace: &workspace.pooled)
    }
    if let preLogits {
      compute.linear(
        workspace.pooled, preLogits, imageCount: imageCount, rowsPerImage: 1, .activate(.tanh),
        into: &workspace.features)
    } else {
      compute.copy(workspace.pooled, rows: imageCount, into: &workspace.features)
    }
    if let classifier {
      compute.linear(
        workspace.features, classifier, imageCount: imageCount, rowsPerImage: 1, into: &workspace.logits)
    }
    workspace.end(.head)
  }

  private func select(
    _ token: Int, _ imageCount: Int, _ workspace: inout Workspace, firstColumn: Int = 0
  ) {
    workspace.compute.selectToken(
      workspace.normed, token, imageCount: imageCount, tokenCount: model.tokenCount, firstColumn: firstColumn,
      into: &workspace.pooled)
  }

  private func mean(
    from first: Int, _ imageCount: Int, _ workspace: inout Workspace, firstColumn: Int = 0
  ) {
    workspace.compute.meanOfTokens(
      workspace.normed, imageCount: imageCount, tokenCount: model.tokenCount, firstToken: first,
      firstColumn: firstColumn, into: &workspace.pooled)
  }
}
