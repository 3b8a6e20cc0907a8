import Checkpoint
import Kernels

/// Image → tokens: `tokens = patches·E + bias`, a class token in front, positions added.
struct PatchEmbedding {
  private let model: ModelConfiguration
  private let projection: Linear
  private let classToken: WeightVectors?
  private let positions: WeightVectors?
  private let preNorm: LayerNorm?

  init(_ weights: WeightReader, _ model: ModelConfiguration) throws(CheckpointError) {
    self.model = model
    projection = try weights.linear(
      .patchEmbedding, model.patchSize * model.patchSize * 3, model.width, bias: model.patchBias)
    classToken = model.classToken ? try weights.vectors(.classToken, shape: [model.width]) : nil
    positions =
      switch model.position {
      case .allTokens: try weights.vectors(.positionEmbedding, shape: [model.tokenCount, model.width])
      case .patches: try weights.vectors(.positionEmbedding, shape: [model.patchCount, model.width])
      case .none: nil
      }
    preNorm =
      model.preNorm ? try weights.layerNorm(.preNorm, model.width, epsilon: model.normEpsilon) : nil
  }

  /// `workspace.patches` [b·patches, P·P·3] → `workspace.tokens` [b·m, d].
  func callAsFunction(imageCount: Int, _ workspace: inout Workspace) {
    let compute = workspace.compute
    compute.linear(
      workspace.patches, projection, imageCount: imageCount, rowsPerImage: model.patchCount,
      leadingRows: model.tokenCount - model.patchCount, into: &workspace.tokens)
    compute.addPositions(
      positions, classToken: classToken, imageCount: imageCount, tokenCount: model.tokenCount,
      to: &workspace.tokens)
    if let preNorm {
      compute.layerNorm(preNorm, rows: imageCount * model.tokenCount, inPlace: &workspace.tokens)
    }
    workspace.end(.patchEmbedding)
  }
}
