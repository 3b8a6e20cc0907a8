import Checkpoint
import CheckpointImport
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
