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
