import Foundation

/// The root of the package.
package let packageRoot = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

/// Reference material that lies beside the package on some machines: golden cases and checkpoints made
/// by the published implementations. Tests that need it are skipped where it is absent.
package let sharedFolder: URL? = {
  let environment = ProcessInfo.processInfo.environment["SOFTMOE_SHARED"].map { URL(filePath: $0) }
  let folder = environment ?? packageRoot.appending(path: "../shared").standardizedFileURL
  return FileManager.default.fileExists(atPath: folder.appending(path: "golden").path) ? folder : nil
}()

/// A file of the shared folder, if the folder is there.
package func shared(_ path: String) -> String { sharedFolder?.appending(path: path).path ?? "" }

/// A path in a fresh temporary folder, removed when `body` returns.
package func withTemporaryFile<Result>(_ name: String, _ body: (String) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: "softmoe-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.appending(path: name).path)
}
