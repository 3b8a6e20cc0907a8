import SoftMoEViT

/// Watches an engine's forward passes: a summary of every image's routing, and the weights of the experts that an
/// image's answer is to explain.
final class ExpertWatcher: RoutingObserver {
  private let layers: [RoutedLayer]
  private let storage: RoutingSummaries
  /// What of each image's experts is to be explained.
  private var scopes: [ExplanationScope?] = []
  /// For each image, for each layer.
  private var experts: [[[ExpertWeights]]] = []

  init(_ layers: [RoutedLayer], _ storage: RoutingSummaries) {
    (self.layers, self.storage) = (layers, storage)
  }

  var summaries: RoutingSummaries? { storage }
  var byteCount: Int { storage.byteCount }

  /// A forward pass over images begins, of each of which this is to be explained.
  func begin(_ scopes: [ExplanationScope?]) {
    self.scopes = scopes
    experts = scopes.map { $0 == nil ? [] : layers.map { _ in [] } }
  }

  func observe(layer: Int, _ workspace: borrowing Workspace) {
    for (image, scope) in scopes.enumerated() {
      guard let scope else { continue }
      experts[image][layer] = explain(scope, image: image, layer: layer, workspace)
    }
  }

  /// What each layer did with an image.
  func routing(of image: Int) -> [LayerRouting] {
    layers.indices.map { storage.routing(of: image, layer: $0) }
  }

  /// The experts asked for, of each layer.
  func experts(of image: Int) -> [[ExpertWeights]] { experts[image] }

  private func explain(
    _ scope: ExplanationScope, image: Int, layer index: Int, _ workspace: borrowing Workspace
  ) -> [ExpertWeights] {
    if case .expert(_, let wanted) = scope, wanted != index { return [] }
    let layer = layers[index]
    let routing = storage.routing(of: image, layer: index)
    // Whether a sparse router's expert took a token, its gate says too.
    let weights = layer.isSparse ? workspace.combineWeights(of: image) : workspace.dispatchWeights(of: image)
    return switch scope {
    case .top(let count): ExpertWeights.top(count, of: layer, routing, weights: weights)
    case .expert(let expert, _): [ExpertWeights(expert, of: layer, routing, weights: weights)]
    }
  }
}
