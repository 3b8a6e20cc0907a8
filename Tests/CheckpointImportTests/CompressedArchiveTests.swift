import Checkpoint
import CheckpointImport
import Foundation
import TestSupport
import Testing

private let compressed = packageRoot.appending(path: "Tests/CheckpointImportTests/Corpus/compressed.npz")

private func tensors(_ bytes: Data) throws -> [String: [Float]] {
  try withTemporaryFile("model.npz") { path in
    try bytes.write(to: URL(filePath: path))
    let source = try SourceFormat.source(in: MappedFile(path: path), path: path)
    return Dictionary(uniqueKeysWithValues: source.tensors.map { ($0.name, $0.floats()) })
  }
}

@Suite struct CompressedArchiveTests {
  @Test func whatNumPyCompressedIsRead() throws {
    #expect(try tensors(Data(contentsOf: compressed)) == ["a": [1, 2]])
  }

  /// A process that is killed leaves nothing behind.
  @Test func whatIsInflatedHasNoName() throws {
    try withTemporaryFile("inflated") { path in
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      let inflater = try Inflater(path: "model.npz", archiveByteCount: 100, folder: path)
      #expect(try FileManager.default.contentsOfDirectory(atPath: path) == [])
      _ = consume inflater
    }
    let error = #expect(throws: ImportError.self) {
      _ = try Inflater(path: "model.npz", archiveByteCount: 100, folder: "/nowhere")
    }
    #expect(error?.description.contains("no file can be made in /nowhere") == true)
  }

  /// Whatever byte of the deflated member is another, the checksum or the inflating tells.
  @Test func damageIsNoticed() throws {
    let sound = try Data(contentsOf: compressed)
    let start = 30 + Int(sound[26]) + 256 * Int(sound[27]) + Int(sound[28]) + 256 * Int(sound[29])
    for offset in start..<start + 40 {
      var bytes = sound
      bytes[offset] ^= 0x10
      let error = #expect(throws: ImportError.self, "byte \(offset)") { try tensors(bytes) }
      #expect(
        error?.description.contains("compressed bytes are damaged") == true, "\(error?.description ?? "")")
    }
  }
}
