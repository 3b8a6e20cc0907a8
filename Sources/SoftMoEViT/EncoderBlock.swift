import Checkpoint
import Kernels

/// One pre-LayerNorm block: attention, then a dense MLP or a mixture of experts.
struct EncoderBlock {
  private enum Feedforward {
    case dense(MLPBlock)
    case mixture(MoEBlock, layer: Int)
  }

  private let tokenCount: Int
  private let norm1, norm2: LayerNorm
  private let attention: SelfAttention
  private let feedforward: Feedforward

  init(_ weights: WeightReader, _ model: ModelConfiguration, index: Int) throws(CheckpointError) {
    tokenCount = model.tokenCount
    norm1 = try weights.layerNorm(.norm1, model.width, epsilon: model.normEpsilon)
    norm2 = try weights.layerNorm(.norm2, model.width, epsilon: model.normEpsilon)
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
    let compute = workspace.compute
    compute.layerNorm(workspace.tokens, norm1, rows: imageCount * tokenCount, into: &workspace.normed)
    attention(imageCount: imageCount, &workspace)
    compute.layerNorm(workspace.tokens, norm2, rows: imageCount * tokenCount, into: &workspace.normed)
    switch feedforward {
    case .dense(let mlp): mlp(imageCount: imageCount, &workspace)
    case .mixture(let moe, let layer): moe(imageCount: imageCount, layer: layer, &workspace, observer)
    }
  }
}
