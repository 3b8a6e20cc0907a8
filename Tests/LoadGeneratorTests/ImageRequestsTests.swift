import Foundation
import LoadGenerator
import TestSupport
import Testing

@Suite struct ImageRequestsTests {
  private let target = Result { try LoadTarget(url: "http://a", path: "/classify") }

  /// Files with their paths as contents.
  private func withFolder(_ paths: [String], _ body: (String) throws -> Void) throws {
    try withTemporaryFile("images") { folder in
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      for path in paths {
        let file = URL(filePath: folder).appending(path: path)
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(path.utf8).write(to: file)
      }
      try body(folder)
    }
  }

  @Test func imagesAreFoundBelowAndInOrder() throws {
    try withFolder(["b.JPEG", "a/z.png", "a/deep/er.webp", "notes.txt", "jpg", "c.jpg/inside.gif"]) {
      folder in
      // A pipe would be read for ever.
      #expect(mkfifo(folder + "/pipe.jpg", 0o600) == 0)
      let requests = try ImageRequests(folder: folder, target: target.get())
      let texts = requests.messages.map { String(decoding: $0, as: UTF8.self) }
      #expect(requests.count == 3 && requests.byteCount == 14 + 7 + 6 && requests.leftOutCount == 0)
      #expect(texts[0].hasSuffix("Content-Type: image/webp\r\nContent-Length: 14\r\n\r\na/deep/er.webp"))
      #expect(texts[1].hasSuffix("Content-Type: image/png\r\nContent-Length: 7\r\n\r\na/z.png"))
      #expect(texts[2].hasSuffix("Content-Type: image/jpeg\r\nContent-Length: 6\r\n\r\nb.JPEG"))
    }
  }

  @Test func memoryIsBounded() throws {
    try withFolder(["a.jpg", "b.jpg", "c.jpg"]) { folder in
      let requests = try ImageRequests(folder: folder, target: target.get(), byteLimit: 14)
      #expect(requests.count == 2 && requests.leftOutCount == 1)
      #expect(throws: LoadError.noImages(folder: folder, byteLimit: 4)) {
        try ImageRequests(folder: folder, target: target.get(), byteLimit: 4)
      }
    }
  }

  @Test func aFolderWithoutImagesIsAnError() throws {
    #expect(throws: LoadError.unreadableFolder("/nowhere")) {
      try ImageRequests(folder: "/nowhere", target: target.get())
    }
    try withFolder(["a.txt"]) { folder in
      #expect(throws: LoadError.noImages(folder: folder, byteLimit: ImageRequests.defaultByteLimit)) {
        try ImageRequests(folder: folder, target: target.get())
      }
    }
  }
}
