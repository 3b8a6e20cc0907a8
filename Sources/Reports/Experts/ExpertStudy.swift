import Inference
import SoftMoEViT

/// How a model's experts worked on some images: on all of them, and class by class.
package struct ExpertStudy {
  /// Images of one kind.
  package struct Class {
    package let label: String
    package var totals: UsageTotals
  }

  /// The model's name, and its weights'.
  package let model, weights: String
  /// What the model's experts do on its own kind of images, where that is known.
  package let profile: UsageProfile?
  private let layers: [RoutedLayer]
  /// Of all images; one for each layer.
  package let usage: [LayerUsage]
  /// Those that have images, in the order in which `ClassTotals` knows them.
  package let classes: [Class]
  /// Whether a class is the folder that an image lies in, or what the model takes it for.
  package let isByFolder: Bool

  /// Nil without an image or a layer.
  package init?(
    model: String, weights: String, profile: UsageProfile?, _ totals: ClassTotals, isByFolder: Bool
  ) {
    (self.model, self.weights, self.profile) = (model, weights, profile)
    (layers, self.isByFolder) = (totals.layers, isByFolder)
    classes = totals.classes.filter { $0.totals.imageCount > 0 }
    usage = classes.reduce(into: UsageTotals(for: layers)) { $0.add($1.totals) }.usage(of: layers)
    if usage.isEmpty { return nil }
  }

  /// How many images were studied, at least 1.
  package var imageCount: Int { usage[0].imageCount }

  /// Who decides which expert works on which tokens.
  package var router: RouterKind { layers[0].router }

  /// [class][expert]: the experts' shares of a layer's combine weights.
  ///
  /// - Parameter index: the layer's place in `usage`.
  package func expertMassByClass(layer index: Int) -> [[Double]] {
    classes.compactMap {
      LayerUsage(layers[index], $0.totals.layers[index], imageCount: $0.totals.imageCount)?.expertMass
    }
  }
}

/// What the experts did, added up image by image and class by class.
package struct ClassTotals {
  let layers: [RoutedLayer]
  private(set) var classes: [ExpertStudy.Class] = []
  private var places: [String: Int] = [:]

  /// - Parameter labels: classes whose order is known; others follow as they come.
  package init(of layers: [RoutedLayer], labels: [String] = []) {
    self.layers = layers
    for label in labels { _ = place(of: label) }
  }

  /// Counts an image in.
  ///
  /// - Parameter routing: one for each layer.
  package mutating func add(_ routing: [LayerRouting], to label: String) {
    classes[place(of: label)].totals.add(routing)
  }

  private mutating func place(of label: String) -> Int {
    if let place = places[label] { return place }
    classes.append(ExpertStudy.Class(label: label, totals: UsageTotals(for: layers)))
    places[label] = classes.count - 1
    return classes.count - 1
  }
}
