import Checkpoint
import CheckpointImport
import Foundation
import TestSupport
import Testing

private func string(_ text: String) -> [UInt8] { [0xA0 | UInt8(text.utf8.count)] + Array(text.utf8) }

private func map(_ entries: [(String, [UInt8])]) -> [UInt8] {
  [0x80 | UInt8(entries.count)] + entries.flatMap { string($0.0) + $0.1 }
}

/// Extension type 1 around shape, type name and bytes.
private func array(_ values: [Float], _ shape: [UInt8]) -> [UInt8] {
  let raw = values.withUnsafeBytes { Array($0) }
  let content =
    [0x93, 0x90 | UInt8(shape.count)] + shape + string("float32") + [0xC4, UInt8(raw.count)] + raw
  return [0xC7, UInt8(content.count), 1] + content
}

private func tensors(_ bytes: [UInt8]) throws -> [String: [Float]] {
  try withTemporaryFile("source.msgpack") { path in
    try Data(bytes).write(to: URL(filePath: path))
    let found = try FlaxMessagePack.source(in: MappedFile(path: path), path: path).tensors
    return Dictionary(uniqueKeysWithValues: found.map { ($0.name, $0.floats()) })
  }
}

@Suite struct FlaxMessagePackTests {
  private let chunked: [UInt8] = map([
    ("__msgpack_chunked_array__", [0xC3]), ("shape", map([("0", [2]), ("1", [3])])),
    ("chunks", map([("0", array([1, 2, 3, 4], [4])), ("1", array([5, 6], [2]))])),
  ])

  @Test func nestedMapsBecomeNames() throws {
    let bytes = map([
      ("params", map([("a", map([("kernel", array([1, 2], [2])), ("step", [7])])), ("b", array([3], []))]))
    ])
    #expect(try tensors(bytes) == ["a/kernel": [1, 2], "b": [3]])
  }

  @Test func anArrayInChunksIsPutTogether() throws {
    #expect(
      try tensors(map([("big", chunked), ("c", array([9], [1]))])) == ["big": [1, 2, 3, 4, 5, 6], "c": [9]])
  }

  @Test func damageIsAnError() throws {
    let whole = map([("a", map([("kernel", array([1, 2], [2]))])), ("big", chunked)])
    for count in 1..<whole.count {
      #expect(throws: ImportError.self, "\(count) bytes") { try tensors(Array(whole[..<count])) }
    }
    #expect(throws: ImportError.self) { try tensors(whole + [0]) }
    #expect(throws: ImportError.self) { try tensors(map([("a", array([1, 2], [3]))])) }
    #expect(throws: ImportError.self) { try tensors(Array(repeating: 0x91, count: 100_000)) }
    #expect(throws: ImportError.self) {
      try tensors((0..<1000).reduce([0xC0]) { inner, _ in [0x81, 0xA1, 0x61] + inner })
    }
    #expect(throws: ImportError.self) { try tensors([0xDF, 0xFF, 0xFF, 0xFF, 0xFF]) }
  }
}
