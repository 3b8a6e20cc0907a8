import Checkpoint
import Kernels

/// One block: attention, then a dense MLP or a mixture of experts, each with its norm.
struct EncoderBlock {
  private enum Feedforward {
    case dense(MLPBlock)
    case mixture(MoEBlock, layer: Int)
  }

  private let tokenCount: Int
  private let blockNorm: BlockNormKind
  private let norm1: LayerNorm
  /// nil where a mixture reads the tokens themselves.
  private let norm2: LayerNorm?
  private let attention: SelfAttention
  private let feedforward: Feedforward

  init(_ weights: WeightReader, _ model: ModelConfiguration, index: Int) throws(CheckpointError) {
    tokenCount = model.tokenCount
    blockNorm = model.blockNorm
    norm1 = try weights.norm(.norm1, model)
    let isMixture = model.moeLayers.contains(index)
    norm2 = isMixture && model.moe?.norm == false ? nil : try weights.norm(.norm2, model)
    attention = try SelfAttention(weights, model)
    if let moe = model.moe, let layer = moe.layers.firstIndex(of: index) {
      feedforward = .mixture(try MoEBlock(weights, model, moe), layer: layer)
    } else {
      feedforward = .dense(try MLPBlock(weights, model))
    }
  }

  func callAsFunction(
    imageCount: Int, _ workspace: inout Workspace, _ observer: (any RoutingObserver)?
  ) {
    switch blockNorm {
    case .before:
      norm(norm1, imageCount, &workspace)
      attention(imageCount: imageCount, &workspace)
      norm(norm2, imageCount, &workspace)
      feed(imageCount, &workspace, observer)
    case .afterBranch:
      attention.branch(imageCount: imageCount, &workspace)
      addNormed(norm1, imageCount, &workspace)
      if case .dense(let mlp) = feedforward { mlp.branch(imageCount: imageCount, &workspace) }
      addNormed(norm2, imageCount, &workspace)
    case .afterSum:
      norm(nil, imageCount, &workspace)
      attention(imageCount: imageCount, &workspace)
      normTokens(norm1, imageCount, &workspace)
      norm(nil, imageCount, &workspace)
      feed(imageCount, &workspace, observer)
      normTokens(norm2, imageCount, &workspace)
    }
  }

  /// `tokens += f(normed)`
  private func feed(_ imageCount: Int, _ workspace: inout Workspace, _ observer: (any RoutingObserver)?) {
    switch feedforward {
    case .dense(let mlp): mlp(imageCount: imageCount, &workspace)
    case .mixture(let moe, let layer): moe(imageCount: imageCount, layer: layer, &workspace, observer)
    }
  }

  /// `normed = norm(tokens)`, or the tokens as they are.
  private func norm(_ norm: LayerNorm?, _ imageCount: Int, _ workspace: inout Workspace) {
    let rows = imageCount * tokenCount
    if let norm {
      workspace.compute.layerNorm(workspace.tokens, norm, rows: rows, into: &workspace.normed)
    } else {
      workspace.compute.copy(workspace.tokens, rows: rows, into: &workspace.normed)
    }
  }

  /// `tokens += norm(normed)`
  private func addNormed(_ norm: LayerNorm?, _ imageCount: Int, _ workspace: inout Workspace) {
    guard let norm else { return }
    let rows = imageCount * tokenCount
    workspace.compute.layerNorm(norm, rows: rows, inPlace: &workspace.normed)
    workspace.compute.add(workspace.normed, rows: rows, to: &workspace.tokens)
  }

  /// `tokens = norm(tokens)`
  private func normTokens(_ norm: LayerNorm?, _ imageCount: Int, _ workspace: inout Workspace) {
    guard let norm else { return }
    workspace.compute.layerNorm(norm, rows: imageCount * tokenCount, inPlace: &workspace.tokens)
  }
}
