import HTTPService
import Inference

/// How a model's experts worked on the images of a folder: on all of them, and class by class.
struct ExpertStudy {
  /// Images of one kind.
  struct Class {
    let label: String
    var totals: UsageTotals
  }

  let model: OpenedModel
  let layers: [RoutedLayer]
  /// Of all images; one for each layer.
  let usage: [LayerUsage]
  /// Those that have images: by folder in the order of their names, else in the model's order.
  let classes: [Class]
  /// Whether a class is the folder that an image lies in, or what the model takes it for.
  let isByFolder: Bool
  /// Images that could not be read, which count nowhere.
  let failureCount: Int

  /// Runs a folder's images.
  ///
  /// - Throws: `ImageFolderError` when there is none, `NoExpertsError` for a dense model.
  init(_ classifier: FileClassifier, _ folder: ImageFolder) throws {
    model = classifier.model
    layers = try classifier.softMoELayers
    try folder.require(1, of: folder.names.count)
    let labels = folder.classes
    isByFolder = labels != nil
    let nothing = UsageTotals(for: layers)
    var classes: [Class] = []
    var places: [String: Int] = [:]
    func place(of label: String) -> Int {
      if let place = places[label] { return place }
      classes.append(Class(label: label, totals: nothing))
      places[label] = classes.count - 1
      return classes.count - 1
    }
    if labels == nil { for label in model.labels { _ = place(of: label) } }
    let predicted = model.labels
    failureCount = classifier.runNamingFailures(folder.files) { index, inference in
      let label = labels?[index] ?? Prediction.top(1, logits: inference.logits, labels: predicted)[0].label
      classes[place(of: label)].totals.add(inference.routing)
    }
    try folder.require(1, of: folder.names.count - failureCount)
    self.classes = classes.filter { $0.totals.imageCount > 0 }
    usage = classes.reduce(into: nothing) { $0.add($1.totals) }.usage(of: layers)
  }

  var imageCount: Int { usage[0].imageCount }

  /// [class][expert]: the experts' shares of a layer's combine weights.
  ///
  /// - Parameter index: the layer's place in `layers`.
  func expertMassByClass(layer index: Int) -> [[Double]] {
    classes.compactMap {
      LayerUsage(layers[index], $0.totals.layers[index], imageCount: $0.totals.imageCount)?.expertMass
    }
  }
}

/// A dense model where one with experts is wanted.
struct NoExpertsError: Error, CustomStringConvertible {
  let model: String

  var description: String { "expected a model with Soft MoE layers, '\(model)' has none" }
}

extension FileClassifier {
  /// At least one.
  var softMoELayers: [RoutedLayer] {
    get throws(NoExpertsError) {
      let layers = RoutedLayer.all(of: model.network.configuration)
      if layers.isEmpty { throw NoExpertsError(model: model.name) }
      return layers
    }
  }
}
