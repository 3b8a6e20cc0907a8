import Dispatch
import SoftMoEViT

/// One image for the engine.
package struct EngineInput: Sendable {
  /// [H, W, 3], normalised.
  package let pixels: [Float]
  /// What is wanted of it beside logits.
  package let extras: InferenceExtras

  /// An image.
  package init(pixels: [Float], extras: InferenceExtras = InferenceExtras()) {
    (self.pixels, self.extras) = (pixels, extras)
  }
}

/// What an answer may hold beside logits.
package struct InferenceExtras: Sendable, Equatable {
  /// Whether the vector that the head reads is copied out.
  package var features = false
  /// Which experts' weights are.
  package var explanation: ExplanationScope?
  /// Whether the crop is kept that the model saw.
  package var photo = false

  /// Nothing, or what is named.
  package init(features: Bool = false, explanation: ExplanationScope? = nil, photo: Bool = false) {
    (self.features, self.explanation, self.photo) = (features, explanation, photo)
  }
}

/// What the model said of one image.
package struct Inference: Sendable {
  /// [c], before the softmax.
  package let logits: [Float]
  /// What the head read; empty when not asked for.
  package let features: [Float]
  /// One for each Soft MoE layer.
  package let routing: [LayerRouting]
  /// The experts asked for, of each Soft MoE layer.
  package let experts: [[ExpertWeights]]
}

/// An image has no answer: its logits, features or routing are no finite numbers.
///
/// Its pixels or the model's weights are too large for 32-bit arithmetic; other images of the batch are as they
/// would be without it.
package struct NonFiniteError: Error, Equatable, Sendable, CustomStringConvertible {
  package init() {}

  /// One line for people.
  package var description: String {
    "the model's numbers for this image overflow: they are infinite or no numbers, so there is no answer"
  }
}

/// A model and its workspace, confined to the one queue on which everything runs that shares its threads.
package final class InferenceEngine: @unchecked Sendable {
  // @unchecked: the methods that touch the workspace check that they are on the serial queue.

  private let queue: DispatchQueue
  private let network: SoftMoEViT
  private let layers: [RoutedLayer]
  private var workspace: Workspace
  private let watcher: ExpertWatcher

  /// Allocates everything that batches of `maxBatch` images need.
  ///
  /// - Parameters:
  ///   - threads: the machine's.
  ///   - queue: serial; whatever computes is called on it.
  /// - Throws: `MachineError.memory`.
  package init(
    _ network: SoftMoEViT, maxBatch: Int, threads: ThreadPool, kernels: KernelSet, queue: DispatchQueue
  ) throws(MachineError) {
    (self.network, self.queue) = (network, queue)
    layers = RoutedLayer.all(of: network.configuration)
    workspace = try Workspace(
      for: network.configuration, maxImageCount: maxBatch, threads: threads, kernels: kernels)
    watcher = ExpertWatcher(layers, try RoutingSummaries(for: network.configuration, maxImageCount: maxBatch))
  }

  /// Runs the model's self-proof, or a blank image where it has none. On its queue.
  ///
  /// Either reads every weight once, so that no client waits for the disk.
  /// - Throws: `SelfProofError` when the engine computes something else than where the model was made.
  package func prove(_ proof: SelfProof?) throws(SelfProofError) {
    dispatchPrecondition(condition: .onQueue(queue))
    if let proof { return try proof.check(network, &workspace) }
    _ = time(imageCount: 1)
  }

  /// How long a batch of blank images takes. On its queue.
  package func time(imageCount: Int) -> Duration {
    let model = network.configuration
    let blank = EngineInput(pixels: Array(repeating: 0, count: model.imageHeight * model.imageWidth * 3))
    return ContinuousClock().measure { _ = run(Array(repeating: blank, count: imageCount)) }
  }

  /// Bytes of the workspace and of what watches it.
  package var workspaceByteCount: Int { workspace.byteCount + watcher.byteCount }

  /// Classifies images. On its queue.
  ///
  /// - Returns: for each image what the model says of it, or that its numbers are not finite.
  package func run(_ images: [EngineInput]) -> [Result<Inference, NonFiniteError>] {
    dispatchPrecondition(condition: .onQueue(queue))
    for (index, image) in images.enumerated() { network.load(image.pixels, at: index, &workspace) }
    watcher.begin(images.map(\.extras.explanation))
    network.forward(imageCount: images.count, &workspace, observer: watcher)
    return images.indices.map { image in
      let routing = watcher.routing(of: image)
      guard workspace.isFinite(image), routing.allSatisfy(\.isFinite) else {
        return .failure(NonFiniteError())
      }
      return .success(
        Inference(
          logits: workspace.logits(of: image),
          features: images[image].extras.features ? workspace.features(of: image) : [], routing: routing,
          experts: watcher.experts(of: image)))
    }
  }
}
