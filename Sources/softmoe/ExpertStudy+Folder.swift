import Inference
import Reports

extension ExpertStudy {
  /// Runs a folder's images; those that can't be read are named on standard error and count nowhere.
  ///
  /// - Returns: the study, and how many images could not be read.
  /// - Throws: `ImageFolderError` when there is none, `NoExpertsError` for a dense model.
  static func run(
    _ classifier: FileClassifier, _ folder: ImageFolder
  ) throws -> (study: ExpertStudy, failureCount: Int) {
    let model = classifier.model
    let layers = try classifier.softMoELayers
    try folder.require(1, of: folder.names.count)
    let folders = folder.classes
    if folders == nil { try classifier.requireClasses() }
    var totals = ClassTotals(of: layers, labels: folders == nil ? model.labels : [])
    let failureCount = classifier.runNamingFailures(folder.files) { index, inference in
      totals.add(inference.routing, to: folders?[index] ?? model.labels[inference.logits.maximumIndex ?? 0])
    }
    let study = ExpertStudy(
      model: model.name, weights: model.weightsName, profile: model.profile, totals,
      isByFolder: folders != nil)
    guard let study else {
      throw ImageFolderError.tooFew(folder.path, expected: 1, found: folder.names.count - failureCount)
    }
    return (study, failureCount)
  }
}

/// A dense model where one with experts is wanted.
struct NoExpertsError: Error, CustomStringConvertible {
  let model: String

  var description: String { "expected a model with experts, '\(model)' has none" }
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
