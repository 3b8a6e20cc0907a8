import Checkpoint
import Kernels

/// Image → tokens: `tokens = patches·E + bias`, norms around it where the model has them, class token and prefix in
/// front, positions added.
struct PatchEmbedding {
  private let model: ModelConfiguration
  private let projection: Linear
  private let patchNormIn, patchNormOut: LayerNorm?
  private let classToken, prefix: WeightVectors?
  private let positions: WeightVectors?
  private let preNorm: LayerNorm?

  init(_ weights: WeightReader, _ model: ModelConfiguration) throws(CheckpointError) {
    self.model = model
    projection = try weights.linear(
      .patchEmbedding, model.patchSize * model.patchSize * 3, model.width, bias: model.patchBias)
    (patchNormIn, patchNormOut) =
      switch model.patchNorm {
      case .none: (nil, nil)
      case .around:
        (
          try weights.norm(.patchNormIn, model, width: model.patchSize * model.patchSize * 3),
          try weights.norm(.patchNormOut, model)
        )
      }
    prefix =
      model.prefixTokenCount > 0
      ? try weights.vectors(.prefixTokens, shape: [model.prefixTokenCount, model.width]) : nil
    classToken = model.classToken ? try weights.vectors(.classToken, shape: [model.width]) : nil
    positions =
      switch model.position {
      case .allTokens:
        try weights.vectors(
          .positionEmbedding, shape: [model.patchCount + (model.classToken ? 1 : 0), model.width])
      case .patches: try weights.vectors(.positionEmbedding, shape: [model.patchCount, model.width])
      case .none: nil
      }
    preNorm =
      model.preNorm ? try weights.norm(.preNorm, model) : nil
  }

  /// `workspace.patches` [b·patches, P·P·3] → `workspace.tokens` [b·m, d].
  func callAsFunction(imageCount: Int, _ workspace: inout Workspace) {
    let compute = workspace.compute
    if let patchNormIn {
      compute.layerNorm(patchNormIn, rows: imageCount * model.patchCount, inPlace: &workspace.patches)
    }
    compute.linear(
      workspace.patches, projection, imageCount: imageCount, rowsPerImage: model.patchCount,
      leadingRows: model.leadingTokenCount, into: &workspace.tokens)
    // The rows before the patches are written afterwards.
    if let patchNormOut {
      compute.layerNorm(patchNormOut, rows: imageCount * model.tokenCount, inPlace: &workspace.tokens)
    }
    compute.addPositions(
      positions, classToken: classToken, prefix: prefix, imageCount: imageCount,
      patchCount: model.patchCount, to: &workspace.tokens)
    if let preNorm {
      compute.layerNorm(preNorm, rows: imageCount * model.tokenCount, inPlace: &workspace.tokens)
    }
    workspace.end(.patchEmbedding)
  }
}
