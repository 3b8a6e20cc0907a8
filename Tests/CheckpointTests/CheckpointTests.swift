import Checkpoint
import Foundation
import TestSupport
import Testing

private struct Metadata: Codable, Equatable {
  var name = "tiny"
  var labels = ["a", "b"]
}

/// Writes two tensors and returns the file's bytes.
private func writeTiny(_ path: String) throws -> [UInt8] {
  var writer = try CheckpointWriter(
    path: path, metadata: Metadata(),
    tensors: [
      .init(name: "first", type: .f32, shape: [2, 3]), .init(name: "second", type: .bf16, shape: [5]),
    ])
  try writer.append { emit in
    try emit([1, 2])
    try emit([3, 4, 5, -6.5])
  }
  try writer.append { emit in try emit([1, 0.1, -2, 3.0e38, -0.0]) }
  try writer.finish()
  return [UInt8](try Data(contentsOf: URL(filePath: path)))
}

private func write(_ bytes: [UInt8], to path: String) throws {
  try Data(bytes).write(to: URL(filePath: path))
}

@Suite struct CheckpointTests {
  @Test func whatIsWrittenIsRead() throws {
    try withTemporaryFile("tiny.smoe") { path in
      _ = try writeTiny(path)
      let checkpoint = try Checkpoint(path: path)
      #expect(checkpoint.tensors.map(\.name) == ["first", "second"])
      let first = try checkpoint.tensor("first", shape: [2, 3])
      #expect(first.floats() == [1, 2, 3, 4, 5, -6.5])
      #expect(first.offset % 4096 == 0)
      let second = try checkpoint.tensor("second", shape: [5])
      #expect(second.offset % 64 == 0)
      #expect(
        second.floats()[0] == 1 && abs(second.floats()[1] - 0.1) < 0.0005 && second.floats()[4] == 0)
      #expect(try checkpoint.section(.labels, as: [String].self) == ["a", "b"])
      try checkpoint.verify()
    }
  }

  @Test func aMissingOrDifferentTensorIsNamed() throws {
    try withTemporaryFile("tiny.smoe") { path in
      _ = try writeTiny(path)
      let checkpoint = try Checkpoint(path: path)
      #expect(
        throws: CheckpointError.missingTensor(name: "third", expected: "f32 or bf16 or f16 or int8 [1]")
      ) {
        try checkpoint.tensor("third", shape: [1])
      }
      #expect(
        throws: CheckpointError.unexpectedTensor(
          name: "first", expected: "f32 or bf16 or f16 or int8 [3, 2]", found: "f32 [2, 3]")
      ) { try checkpoint.tensor("first", shape: [3, 2]) }
      #expect(throws: CheckpointError.self) { try checkpoint.tensor("second", shape: [5], types: [.f32]) }
      #expect(throws: CheckpointError.self) { try checkpoint.section(.provenance, as: String.self) }
      #expect(throws: CheckpointError.self) { try checkpoint.section(.labels, as: Int.self) }
    }
  }

  /// A tensor in panels read as rows would be other numbers, and of another length.
  @Test func anotherArrangementIsNamed() throws {
    try withTemporaryFile("panels.smoe") { path in
      var writer = try CheckpointWriter(
        path: path, metadata: Metadata(),
        tensors: [.init(name: "matrix", type: .f32, arrangement: .panels, shape: [2, 3])])
      try writer.append { emit in try emit([1, 2, 3, 4, 5, 6]) }
      try writer.finish()
      let checkpoint = try Checkpoint(path: path)
      #expect(try checkpoint.tensor("matrix", shape: [2, 3], .panels).byteCount == 2 * 16 * 4)
      #expect(
        throws: CheckpointError.unexpectedTensor(
          name: "matrix", expected: "f32 [2, 3]", found: "f32 [2, 3] in panels")
      ) { try checkpoint.tensor("matrix", shape: [2, 3], types: [.f32]) }
    }
  }

  /// One changed byte anywhere is found: in the header at opening, in the data by `verify`.
  @Test func everyFlippedByteIsFound() throws {
    try withTemporaryFile("tiny.smoe") { path in
      let whole = try writeTiny(path)
      for index in whole.indices {
        var bytes = whole
        bytes[index] ^= 0x10
        try write(bytes, to: path)
        #expect(throws: CheckpointError.self, "byte \(index)") { try Checkpoint(path: path).verify() }
      }
    }
  }

  @Test func aTruncatedOrLengthenedFileIsRefused() throws {
    try withTemporaryFile("tiny.smoe") { path in
      let whole = try writeTiny(path)
      for count in [0, 1, 7, 8, 64, 127, 128, 200, 4095, 4096, whole.count - 1] {
        try write(Array(whole[..<count]), to: path)
        #expect(throws: CheckpointError.self, "\(count) bytes") { try Checkpoint(path: path) }
      }
      try write(whole + [0], to: path)
      #expect(throws: CheckpointError.self) { try Checkpoint(path: path) }
    }
  }

  /// Lengths, counts and offsets that would overflow or point elsewhere, with a checksum that fits.
  @Test(arguments: [16, 24, 32, 40, 48, 56, 64])
  func wildFieldsOfThePreambleAreRefused(_ offset: Int) throws {
    try withTemporaryFile("tiny.smoe") { path in
      let whole = try writeTiny(path)
      for value: UInt64 in [0, 1, 1 << 32, 1 << 62, 1 << 63, .max] {
        var bytes = whole
        withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(offset..<offset + 8, with: $0) }
        guard bytes != whole else { continue }
        try write(sealed(bytes), to: path)
        #expect(throws: CheckpointError.self, "field at \(offset): \(value)") { try Checkpoint(path: path) }
      }
    }
  }

  @Test(arguments: [64, 66, 68, 72, 80, 88, 104, 112])
  func wildFieldsOfTheTableAreRefused(_ field: Int) throws {
    try withTemporaryFile("tiny.smoe") { path in
      let whole = try writeTiny(path)
      let table = Int(whole[40]) | Int(whole[41]) << 8
      for value: UInt16 in [0, 7, 0x7FFF, 0xFFFF] {
        for place in field == 68 ? [0] : [0, 6] where field < 72 ? place == 0 : true {
          var bytes = whole
          let offset = table + field + place
          bytes[offset] = UInt8(value & 0xFF)
          bytes[offset + 1] = UInt8(value >> 8)
          guard bytes != whole else { continue }
          try write(sealed(bytes), to: path)
          #expect(throws: CheckpointError.self, "\(field)+\(place): \(value)") { try Checkpoint(path: path) }
        }
      }
    }
  }

  @Test func anUnfinishedFileLeavesNothing() throws {
    try withTemporaryFile("tiny.smoe") { path in
      do {
        var writer = try CheckpointWriter(
          path: path, metadata: Metadata(), tensors: [.init(name: "t", type: .f32, shape: [1])])
        try writer.append { emit in try emit([1]) }
      }
      let folder = URL(filePath: path).deletingLastPathComponent().path
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }
}
