import Inference
import Reports

/// An `ExpertStudy` as JSON; a layer's numbers are named as those of `/v1/experts/{layer}`.
struct StudyResponse: Encodable {
  struct Class: Encodable {
    let label: String
    let images: Int
  }

  struct Layer: Encodable {
    let layer, expertCount, slotsPerExpert, tokenCount: Int
    let grid: Grid
    let usage: UsageSummary
    /// [class][expert]
    let expertMassByClass: [[Double]]

    enum CodingKeys: String, CodingKey {
      case layer, grid, usage
      case expertCount = "expert_count"
      case slotsPerExpert = "slots_per_expert"
      case tokenCount = "token_count"
      case expertMassByClass = "expert_mass_by_class"
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
      let layer = usage.layer
      return Layer(
        layer: layer.block, expertCount: layer.expertCount, slotsPerExpert: layer.slotsPerExpert,
        tokenCount: layer.tokenCount, grid: Grid(layer),
        usage: UsageSummary(usage, at: index, study.profile, isDetailed: true),
        expertMassByClass: study.expertMassByClass(layer: index))
    }
  }
}
