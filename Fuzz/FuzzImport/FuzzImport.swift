import CheckpointImport
import FuzzDriver
import Glibc

/// Opens each input as a model to import; its own bytes say which of the formats it is.
@main struct FuzzImport {
  static func main() {
    exit(
      fuzz { start, count in
        withFile(UnsafeRawBufferPointer(start: start, count: count)) { path in
          _ = try? CheckpointImport(path: path, options: ImportOptions()).configuration
        }
        return 0
      })
  }
}
