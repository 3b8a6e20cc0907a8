import Checkpoint
import Kernels

/// A Soft Mixture-of-Experts Vision Transformer, frozen: its weights, read in place from a checkpoint.
///
///     image → patches → tokens → blocks (attention, then MLP or experts) → features → logits
///
/// - Source: arXiv 2308.00951; ViT: arXiv 2010.11929.
public struct SoftMoEViT: Sendable {
  /// What the model is.
  public let configuration: ModelConfiguration
  private let patchEmbedding: PatchEmbedding
  private let blocks: [EncoderBlock]
  private let head: Head

  /// Finds every weight in a checkpoint and checks its shape.
  ///
  /// - Throws: `ModelError`, naming the first key or tensor that is wrong.
  public init(_ checkpoint: Checkpoint) throws(ModelError) {
    let configuration: ModelConfiguration
    do throws(CheckpointError) {
      configuration = try checkpoint.section(.configuration)
    } catch {
      throw .checkpoint(error)
    }
    try self.init(checkpoint, configuration)
  }

  /// The weights of a checkpoint under another configuration than the file's own.
  package init(_ checkpoint: Checkpoint, _ configuration: ModelConfiguration) throws(ModelError) {
    do throws(ConfigurationError) { try configuration.validate() } catch { throw .configuration(error) }
    self.configuration = configuration
    let weights = WeightReader(checkpoint: checkpoint)
    do throws(CheckpointError) {
      patchEmbedding = try PatchEmbedding(weights, configuration)
      var blocks: [EncoderBlock] = []
      for index in 0..<configuration.depth {
        blocks.append(try EncoderBlock(weights.block(index), configuration, index: index))
      }
      self.blocks = blocks
      head = try Head(weights, configuration)
    } catch {
      throw .checkpoint(error)
    }
  }

  /// Puts one image into a batch.
  ///
  /// - Parameters:
  ///   - pixels: normalised, [H, W, 3].
  ///   - index: its place in the batch, below `workspace.maxImageCount`.
  public func load(_ pixels: [Float], at index: Int, _ workspace: inout Workspace) {
    precondition(index < workspace.maxImageCount, "image \(index) of \(workspace.maxImageCount)")
    patchEmbedding.load(pixels, at: index, &workspace)
  }

  /// One forward pass over the first `imageCount` images. It allocates nothing.
  ///
  /// Whatever the pixels are, it ends: `workspace.isFinite(_:)` tells whether an image's results are numbers. No
  /// image has a part in another's results.
  /// - Parameter observer: called after each router, while its weights are in place.
  public func forward(
    imageCount: Int, _ workspace: inout Workspace, observer: (any RoutingObserver)? = nil
  ) {
    precondition((1...workspace.maxImageCount).contains(imageCount), "a batch of \(imageCount)")
    if let summaries = observer?.summaries {
      precondition(summaries.maxImageCount >= imageCount, "summaries of \(summaries.maxImageCount) images")
    }
    workspace.profile?.begin()
    patchEmbedding(imageCount: imageCount, &workspace)
    // By index: without optimisation an array's iterator allocates for each element.
    for index in blocks.indices { blocks[index](imageCount: imageCount, &workspace, observer) }
    head(imageCount: imageCount, &workspace)
  }

  /// Features and logits of the tokens that a forward pass left in the workspace: of a model with the same blocks,
  /// whose last norm or pooling may be another.
  package func finish(imageCount: Int, _ workspace: inout Workspace) {
    head(imageCount: imageCount, &workspace)
  }
}
