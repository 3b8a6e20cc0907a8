import Checkpoint
import CheckpointImport
import ImageInput
import SoftMoEViT
import TestSupport

/// Imports a source to a temporary checkpoint and opens it.
func importedModel(_ source: String, _ options: ImportOptions) throws -> SoftMoEViT {
  try withTemporaryFile("model.smoe") { path in
    let imported = try CheckpointImport(path: source, options: options)
    try imported.write(to: path, .plain(for: imported.configuration))
    return try SoftMoEViT(Checkpoint(path: path))
  }
}

extension ModelDescription {
  /// Labels and preprocessing that fit, where a test cares for neither.
  static func plain(for configuration: ModelConfiguration) -> ModelDescription {
    ModelDescription(
      name: "test", labels: (0..<configuration.classCount).map { "class \($0)" },
      preprocessing: Preprocessing(
        resizeShorter: min(configuration.imageHeight, configuration.imageWidth), filter: .bicubic,
        cropHeight: configuration.imageHeight, cropWidth: configuration.imageWidth, mean: [0, 0, 0],
        std: [1, 1, 1]), provenance: [:])
  }
}
