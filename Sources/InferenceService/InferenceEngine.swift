import Batching
import SoftMoEViT

/// What the model said of one image.
public struct Inference: Sendable {
  /// [c], before the softmax.
  public let logits: [Float]
  /// One for each Soft MoE layer.
  public let routing: [LayerRouting]
}

/// The model and its workspace, confined to the batcher's compute queue.
public final class InferenceEngine: BatchEngine, @unchecked Sendable {
  // @unchecked: only the batcher calls `run`, from one serial queue.

  private let network: SoftMoEViT
  private var workspace: Workspace

  /// Allocates everything that batches of `maxBatch` images need.
  public init(
    _ network: SoftMoEViT, maxBatch: Int, threadCount: Int, kernels: KernelSet = .standard
  ) {
    self.network = network
    workspace = Workspace(
      for: network.configuration, maxImageCount: maxBatch, threadCount: threadCount, kernels: kernels)
  }

  /// Runs the model's self-proof, or a blank image where it has none.
  ///
  /// Either reads every weight once, so that no client waits for the disk.
  /// - Throws: `SelfProofError` when the engine computes something else than where the model was made.
  public func prove(_ proof: SelfProof?) throws(SelfProofError) {
    if let proof { return try proof.check(network, &workspace) }
    let model = network.configuration
    _ = run([Array(repeating: 0, count: model.imageHeight * model.imageWidth * 3)])
  }

  /// Bytes of the workspace.
  public var workspaceByteCount: Int { workspace.byteCount }

  /// Classifies normalised images, each [H, W, 3].
  public func run(_ images: [[Float]]) -> [Inference] {
    for (index, image) in images.enumerated() { network.load(image, at: index, &workspace) }
    network.forward(imageCount: images.count, &workspace)
    let layers = network.configuration.moeLayers.indices
    return images.indices.map { image in
      Inference(
        logits: workspace.logits(of: image),
        routing: layers.map { workspace.routing(of: image, layer: $0) })
    }
  }
}
