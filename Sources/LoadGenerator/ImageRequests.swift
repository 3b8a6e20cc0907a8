import FoundationEssentials
import Glibc

/// Requests ready to be sent, one an image of a folder.
package struct ImageRequests: Sendable {
  /// How many bytes of images are kept in memory when nothing else is asked for.
  package static let defaultByteLimit = 256 << 20

  private static let contentTypes = [
    ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp",
  ]

  /// Head and body of each, in the order of the files' paths.
  package let messages: [[UInt8]]
  /// Bytes of the images.
  package let byteCount: Int
  /// Image files that were left out for want of memory.
  package let leftOutCount: Int

  /// How many images there are.
  package var count: Int { messages.count }

  /// Reads the images in a folder and those below it, told by their extensions, sorted by path, until the
  /// next would exceed the limit. Symbolic links to folders are not followed.
  /// - Throws: `LoadError.unreadableFolder`, `.unreadableFile`, `.noImages`.
  package init(
    folder: String, target: LoadTarget, byteLimit: Int = defaultByteLimit
  ) throws(LoadError) {
    guard let paths = try? FileManager.default.subpathsOfDirectory(atPath: folder) else {
      throw .unreadableFolder(folder)
    }
    let files = paths.sorted().compactMap { name -> (path: String, contentType: String)? in
      let path = folder + "/" + name
      let contentType = Self.contentTypes.first { name.lowercased().hasSuffix($0.key) }?.value
      return contentType.flatMap { isRegularFile(path) ? (path, $0) : nil }
    }
    var messages: [[UInt8]] = []
    var byteCount = 0
    for file in files {
      guard let body = try? Data(contentsOf: URL(filePath: file.path)) else {
        throw .unreadableFile(file.path)
      }
      guard byteCount + body.count <= byteLimit else { break }
      byteCount += body.count
      messages.append(
        target.head(contentType: file.contentType, contentLength: body.count).utf8 + [UInt8](body))
    }
    guard !messages.isEmpty else { throw .noImages(folder: folder, byteLimit: byteLimit) }
    (self.messages, self.byteCount) = (messages, byteCount)
    leftOutCount = files.count - messages.count
  }
}

/// False for a pipe or device too, which could be read for ever.
private func isRegularFile(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
}
