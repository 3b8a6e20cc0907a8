import Checkpoint
import CheckpointImport
import Foundation
import TestSupport
import Testing

/// A member of an archive, stored.
private struct Member {
  let name: String
  let bytes: [UInt8]
}

private func little(_ value: Int, _ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

private func archive(_ members: [Member]) -> [UInt8] {
  var (bytes, directory): ([UInt8], [UInt8]) = ([], [])
  for member in members {
    let name = Array(member.name.utf8)
    let sizes = little(member.bytes.count, 4) + little(member.bytes.count, 4) + little(name.count, 2)
    directory += little(0x0201_4B50, 4) + [UInt8](repeating: 0, count: 16) + sizes
    directory += [UInt8](repeating: 0, count: 12) + little(bytes.count, 4) + name
    bytes += little(0x0403_4B50, 4) + [UInt8](repeating: 0, count: 14) + sizes + [0, 0] + name + member.bytes
  }
  let count = little(members.count, 2)
  return bytes + directory + little(0x0605_4B50, 4) + [0, 0, 0, 0] + count + count
    + little(directory.count, 4)
    + little(bytes.count, 4) + [0, 0]
}

/// What the reader finds in a file with this pickle and a storage of four elements.
private func read(_ pickle: [UInt8]) throws -> SourceFile {
  try withTemporaryFile("model.pth") { path in
    let members = [
      Member(name: "a/data.pkl", bytes: pickle),
      Member(name: "a/data/0", bytes: [UInt8](repeating: 0, count: 16)),
    ]
    try Data(archive(members)).write(to: URL(filePath: path))
    return try SourceFormat.source(in: MappedFile(path: path), path: path)
  }
}

private func repeated(_ instructions: String, _ count: Int) -> [UInt8] {
  Array(repeatElement(Array(instructions.utf8), count: count).joined())
}

/// `{"a": tensor}` with this shape, steps and offset.
private func tensor(_ shape: [Int], _ strides: [Int], offset: Int = 0) -> [UInt8] {
  func integer(_ value: Int) -> [UInt8] { [0x8A, 8] + little(value, 8) }
  func tuple(_ items: [Int]) -> [UInt8] { Array("(".utf8) + items.flatMap(integer) + Array("t".utf8) }
  return [0x80, 2]
    + Array("}U\u{1}actorch._utils\n_rebuild_tensor_v2\n((U\u{7}storagectorch\nFloatStorage\n".utf8)
    + Array("U\u{1}0U\u{3}cpuK\u{4}tQ".utf8) + integer(offset) + tuple(shape) + tuple(strides)
    + [0x89] + Array("NtRs.".utf8)
}

@Suite struct HostilePickleTests {
  private func refusal(_ pickle: [UInt8]) throws -> String {
    try #require(throws: ImportError.self) { try read(pickle) }.description
  }

  /// Every one ends: 2^60 tuples in tuples, 40^7 dictionaries in dictionaries, 200 000 lists in each other, itself.
  @Test func nestingCostsWhatItsBytesDo() throws {
    let tuples = Array("\u{29}q\0".utf8) + repeated("h\0h\0", 1) + [0x86] + Array("q\0".utf8)
    #expect(
      try refusal([0x80, 2] + Array(repeatElement(tuples, count: 60).joined()) + Array(".".utf8))
        .contains("expected a dictionary of tensors"))
    #expect(
      try refusal(
        Array("]q\0h\0q\u{1}0".utf8) + repeated("h\u{1}]q\u{2}a0h\u{2}q\u{1}0", 200_000) + Array(".".utf8)
      )
      .contains("expected a dictionary of tensors"))
    let entries = (0..<40).map { "U\u{2}\(10 + $0)h\0" }.joined()
    #expect(
      try refusal(Array("}q\00".utf8) + repeated("}(\(entries)uq\00", 7) + Array("h\0.".utf8))
        .contains("keys and values"))
    #expect(try read(Array("}q\0U\u{1}ah\0s.".utf8)).tensors.isEmpty)
  }

  @Test func longNamesAreNotJoinedAgainAndAgain() throws {
    let name = Array("X".utf8) + little(1 << 20, 4) + [UInt8](repeating: 0x6D, count: 1 << 20)
    let joined = Array("h\0h\0".utf8) + [0x93]
    #expect(
      try refusal(name + Array("q\00".utf8) + Array(repeatElement(joined, count: 20_000).joined()))
        .contains("longer than 1024 bytes"))
  }

  @Test func viewsStayInTheirStorage() throws {
    #expect(try refusal(tensor([5], [1])).contains("goes past the 4 elements of its storage"))
    #expect(try refusal(tensor([1], [1], offset: 4)).contains("goes past the 4 elements"))
    #expect(try refusal(tensor([1], [1], offset: .max)).contains("goes past the 4 elements"))
    #expect(try refusal(tensor([2, 2], [1 << 62, 1 << 62])).contains("goes past the 4 elements"))
    #expect(try refusal(tensor([2], [-1])).contains("expected a tensor's storage, offset, size and stride"))
    #expect(try refusal(tensor([1], [1], offset: -1)).contains("expected a tensor's storage"))
    #expect(
      try refusal(tensor([1 << 24, 1 << 10], [0, 0])).contains("elements made of the 4 of its storage"))
    #expect(try refusal(tensor([1 << 40, 1 << 40], [0, 0])).contains("product fits 63 bits"))
    #expect(try read(tensor([0, 1 << 40, 1 << 40], [1, 1, 1])).tensors.first?.count == 0)
    #expect(try read(tensor([2, 2], [1, 2])).tensors.first?.floats() == [0, 0, 0, 0])
  }

  @Test(arguments: [
    "", "}", "]", "(", "h\u{5}.", "j\u{ff}", "0.", "U\u{9}ab", "e.", "}(U\u{1}au.", "R.", "o.", "Q.",
  ])
  func whatIsCutOrMisplacedIsNamed(_ pickle: String) throws {
    #expect(try refusal(Array(pickle.utf8)).contains("data.pkl: "))
  }

  @Test func aSafetensorsLengthMayLookLikeAPickle() throws {
    try withTemporaryFile("model.safetensors") { path in
      let header = Array(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#.utf8)
      let padding = [UInt8](repeating: 0x20, count: 0x280 - header.count)
      try Data(little(0x280, 8) + header + padding + [0, 0, 0, 0]).write(to: URL(filePath: path))
      #expect(try SourceFormat.source(in: MappedFile(path: path), path: path).tensors.map(\.name) == ["a"])
    }
  }
}
