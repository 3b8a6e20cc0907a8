import CheckpointImport
import ImageInput
import SoftMoEViT

extension ModelDescription {
  /// Labels and preprocessing that fit, where a test cares for neither.
  package static func plain(for configuration: ModelConfiguration) -> ModelDescription {
    ModelDescription(
      name: "test", labels: (0..<configuration.classCount).map { "class \($0)" },
      preprocessing: Preprocessing(
        resizeShorter: min(configuration.imageHeight, configuration.imageWidth), filter: .bicubic,
        cropHeight: configuration.imageHeight, cropWidth: configuration.imageWidth, mean: [0, 0, 0],
        std: [1, 1, 1]), provenance: [:])
  }
}
