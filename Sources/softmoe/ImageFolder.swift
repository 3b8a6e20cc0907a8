import FoundationEssentials

/// Why a folder of images is of no use.
enum ImageFolderError: Error, CustomStringConvertible {
  case unreadable(String)
  case tooFew(String, expected: Int, found: Int)

  var description: String {
    switch self {
    case .unreadable(let path): "expected a folder of images, can't read '\(path)'"
    case .tooFew(let path, let expected, let found):
      "expected at least \(expected) JPEG, PNG or WebP image\(expected == 1 ? "" : "s") in '\(path)', found \(found)"
    }
  }
}

/// The images in a folder and in those below it, told by their extensions.
struct ImageFolder {
  /// The folder.
  let path: String
  /// Paths within the folder, sorted.
  let names: [String]

  /// - Throws: `ImageFolderError`.
  init(_ path: String) throws(ImageFolderError) {
    guard let names = try? FileManager.default.subpathsOfDirectory(atPath: path) else {
      throw .unreadable(path)
    }
    self.path = path
    self.names = names.sorted().filter { name in
      [".jpg", ".jpeg", ".png", ".webp"].contains { name.lowercased().hasSuffix($0) }
    }
  }

  /// Where each image lies, in the order of `names`.
  var files: [String] { names.map { path + "/" + $0 } }

  /// The images' classes, where at least two folders hold all of them: the folders' names, in the order of
  /// `names`.
  var classes: [String]? {
    let folders = names.map { $0.split(separator: "/", maxSplits: 1).dropLast().first.map(String.init) }
    let classes = folders.compactMap(\.self)
    return classes.count == names.count && Set(classes).count > 1 ? classes : nil
  }

  /// - Throws: `ImageFolderError.tooFew`, when fewer images than that are there or can be used.
  func require(_ expected: Int, of found: Int) throws(ImageFolderError) {
    guard found >= expected else { throw .tooFew(path, expected: expected, found: found) }
  }
}
