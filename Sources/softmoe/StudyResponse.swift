import Inference
import Reports

/// An `ExpertStudy` as JSON; a layer's numbers are named as those of `/v1/experts/{layer}`.
struct StudyResponse: Encodable {
  struct Class: Encodable {
    let label: String
    let images: Int
  }

  struct Layer: Encodable {
    let sizes: LayerSizes
    let grid: Grid
    let usage: UsageSummary
    /// [class][expert]
    let expertMassByClass: [[Double]]

    enum CodingKeys: String, CodingKey {
      case grid, usage
      case expertMassByClass = "expert_mass_by_class"
    }

    func encode(to encoder: any Encoder) throws {
      try sizes.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(grid, forKey: .grid)
      try container.encode(usage, forKey: .usage)
      try container.encode(expertMassByClass, forKey: .expertMassByClass)
    }
  }

  let model, weights: String
  let images: Int
  /// `folder` or `prediction`.
  let classesBy: String
  let classes: [Class]
  let layers: [Layer]

  enum CodingKeys: String, CodingKey {
    case model, weights, images, classes, layers
    case classesBy = "classes_by"
  }

  init(_ study: ExpertStudy) {
    (model, weights, images) = (study.model, study.weights, study.imageCount)
    classesBy = study.isByFolder ? "folder" : "prediction"
    classes = study.classes.map { Class(label: $0.label, images: $0.totals.imageCount) }
    layers = study.usage.enumerated().map { index, usage in
      Layer(
        sizes: LayerSizes(usage.layer), grid: Grid(usage.layer),
        usage: UsageSummary(usage, at: index, study.profile, isDetailed: true),
        expertMassByClass: study.expertMassByClass(layer: index))
    }
  }
}
