import Foundation
import TestSupport

/// Images that lie here, in a folder made of them.
enum ImageFixtures {
  static let model = packageRoot.appending(path: "models/cifar10-softmoe.smoe").path
  /// Photos and drawings in every format.
  static let files =
    [packageRoot.appending(path: "models/samples/cat.jpg")]
    + ["rgb.png", "444.jpg", "lossy.webp", "odd.jpg", "exif_6.jpg"].map {
      packageRoot.appending(path: "Tests/ImageInputTests/Fixtures/\($0)")
    }

  /// Runs `body` with a folder of files, each a copy of one of `files` in turn.
  static func withFolder<Result>(_ names: [String], _ body: (String) throws -> Result) throws -> Result {
    try withTemporaryFile("images") { folder in
      for (index, name) in names.enumerated() {
        let file = URL(filePath: folder).appending(path: name)
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: files[index % files.count], to: file)
      }
      return try body(folder)
    }
  }
}
