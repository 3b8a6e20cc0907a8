import Batching
import SoftMoEViT

/// One image for the engine.
public struct EngineInput: Sendable {
  /// [H, W, 3], normalised.
  public let pixels: [Float]
  /// Whether its features are copied out too.
  public let wantsFeatures: Bool

  /// An image.
  public init(pixels: [Float], wantsFeatures: Bool = false) {
    (self.pixels, self.wantsFeatures) = (pixels, wantsFeatures)
  }
}

/// What the model said of one image.
public struct Inference: Sendable {
  /// [c], before the softmax.
  public let logits: [Float]
  /// What the head read; empty when not asked for.
  public let features: [Float]
  /// One for each Soft MoE layer.
  public let routing: [LayerRouting]
}

/// The model and its workspace, confined to the batcher's compute queue.
public final class InferenceEngine: BatchEngine, @unchecked Sendable {
  // @unchecked: only the batcher calls `run`, from one serial queue; before it exists, only whoever loads.

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
    _ = time(imageCount: 1)
  }

  /// How long a batch of blank images takes.
  func time(imageCount: Int) -> Duration {
    let model = network.configuration
    let blank = EngineInput(
      pixels: Array(repeating: 0, count: model.imageHeight * model.imageWidth * 3), wantsFeatures: false)
    return ContinuousClock().measure { _ = run(Array(repeating: blank, count: imageCount)) }
  }

  /// Bytes of the workspace.
  var workspaceByteCount: Int { workspace.byteCount }

  /// Classifies images.
  public func run(_ images: [EngineInput]) -> [Inference] {
    for (index, image) in images.enumerated() { network.load(image.pixels, at: index, &workspace) }
    network.forward(imageCount: images.count, &workspace)
    let layers = network.configuration.moeLayers.indices
    return images.indices.map { image in
      Inference(
        logits: workspace.logits(of: image),
        features: images[image].wantsFeatures ? workspace.features(of: image) : [],
        routing: layers.map { workspace.routing(of: image, layer: $0) })
    }
  }
}
