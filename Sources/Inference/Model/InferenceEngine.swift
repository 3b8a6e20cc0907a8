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

/// The model and its workspace, confined to the batcher's compute queue.
package final class InferenceEngine: BatchEngine, @unchecked Sendable {
  // @unchecked: only the batcher calls `run`, from one serial queue; before it exists, only whoever loads.

  private let network: SoftMoEViT
  private let layers: [RoutedLayer]
  private var workspace: Workspace

  /// Allocates everything that batches of `maxBatch` images need.
  package init(
    _ network: SoftMoEViT, maxBatch: Int, threadCount: Int, kernels: KernelSet = .standard
  ) {
    self.network = network
    layers = RoutedLayer.all(of: network.configuration)
    workspace = Workspace(
      for: network.configuration, maxImageCount: maxBatch, threadCount: threadCount, kernels: kernels)
  }

  /// Runs the model's self-proof, or a blank image where it has none.
  ///
  /// Either reads every weight once, so that no client waits for the disk.
  /// - Throws: `SelfProofError` when the engine computes something else than where the model was made.
  package func prove(_ proof: SelfProof?) throws(SelfProofError) {
    if let proof { return try proof.check(network, &workspace) }
    _ = time(imageCount: 1)
  }

  /// How long a batch of blank images takes.
  package func time(imageCount: Int) -> Duration {
    let model = network.configuration
    let blank = EngineInput(pixels: Array(repeating: 0, count: model.imageHeight * model.imageWidth * 3))
    return ContinuousClock().measure { _ = run(Array(repeating: blank, count: imageCount)) }
  }

  /// Bytes of the workspace.
  package var workspaceByteCount: Int { workspace.byteCount }

  /// Classifies images.
  package func run(_ images: [EngineInput]) -> [Inference] {
    for (index, image) in images.enumerated() { network.load(image.pixels, at: index, &workspace) }
    var experts = images.map { $0.extras.explanation == nil ? [] : layers.map { _ in [ExpertWeights]() } }
    // The dispatch weights of a layer are there until the next one's.
    network.forward(imageCount: images.count, &workspace) { layer, workspace in
      for (index, image) in images.enumerated() {
        guard let scope = image.extras.explanation else { continue }
        experts[index][layer] = explain(scope, image: index, layer: layer, workspace)
      }
    }
    return images.indices.map { image in
      Inference(
        logits: workspace.logits(of: image),
        features: images[image].extras.features ? workspace.features(of: image) : [],
        routing: layers.indices.map { workspace.routing(of: image, layer: $0) }, experts: experts[image])
    }
  }

  private func explain(
    _ scope: ExplanationScope, image: Int, layer index: Int, _ workspace: borrowing Workspace
  ) -> [ExpertWeights] {
    if case .expert(_, let wanted) = scope, wanted != index { return [] }
    let layer = layers[index]
    let routing = workspace.routing(of: image, layer: index)
    let dispatch = workspace.dispatchWeights(of: image)
    return switch scope {
    case .top(let count): ExpertWeights.top(count, of: layer, routing, dispatch: dispatch)
    case .expert(let expert, _): [ExpertWeights(expert, of: layer, routing, dispatch: dispatch)]
    }
  }
}
