import Checkpoint
import CheckpointImport
import FuzzDriver
import Glibc

/// Opens each input as a model to import, or as a file of the format that SOFTMOE_FUZZ_FORMAT names.
@main struct FuzzImport {
  private static let format = setting("SOFTMOE_FUZZ_FORMAT").flatMap(SourceFormat.init)

  static func main() {
    exit(
      fuzz { start, count in
        withFile(UnsafeRawBufferPointer(start: start, count: count), FuzzImport.read)
        return 0
      })
  }

  private static func read(_ path: String) {
    guard let format else {
      _ = try? CheckpointImport(path: path, options: ImportOptions()).configuration
      return
    }
    guard let file = try? MappedFile(path: path) else { return }
    for tensor in (try? format.source(in: file, path: path))?.tensors ?? [] { _ = tensor.floats().count }
  }
}
