import Checkpoint
import CheckpointImport
import Foundation
import TestSupport

/// MessagePack, as little of it as checkpoints of google-research/vmoe need.
enum Packed {
  static func integer(_ value: Int) -> [UInt8] {
    if (0..<128).contains(value) { return [UInt8(value)] }
    return [0xD3] + big(UInt64(bitPattern: Int64(value)), 8)
  }

  static func text(_ text: String) -> [UInt8] { [0xD9, UInt8(text.utf8.count)] + Array(text.utf8) }
  static func bytes(_ bytes: [UInt8]) -> [UInt8] { [0xC5] + big(UInt64(bytes.count), 2) + bytes }
  static func list(_ items: [[UInt8]]) -> [UInt8] { [0xDC] + big(UInt64(items.count), 2) + items.joined() }

  static func map(_ entries: [(String, [UInt8])]) -> [UInt8] {
    [0xDE] + big(UInt64(entries.count), 2) + entries.flatMap { text($0.0) + $0.1 }
  }

  static func extended(_ type: UInt8, _ content: [UInt8]) -> [UInt8] {
    [0xC8] + big(UInt64(content.count), 2) + [type] + content
  }

  /// Ranges along the axes, each with no step.
  static func box(_ box: [Range<Int>]) -> [UInt8] {
    list(box.map { bytes(list([integer($0.lowerBound), integer($0.upperBound), [0xC0]])) })
  }

  /// Flat elements.
  static func array(_ values: [Float], type: String = "float32") -> [UInt8] {
    extended(
      1, list([list([integer(values.count)]), text(type), bytes(values.withUnsafeBytes { Array($0) })]))
  }

  private static func big(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
  }
}

/// A checkpoint in several files, of which anything may be wrong.
struct PartitionedFiles {
  struct Part {
    var box: [Range<Int>]
    var shard: Int
    /// How many elements a piece has.
    var pieceLength = 1000
  }

  struct Entry {
    var name: String
    var shape: [Int]
    var type = "float32"
    var parts: [Part]
  }

  /// In the order of their numbers. An element's value is a thousand times its array's number and its place.
  var entries: [Entry]
  var shardCount = 2
  var version: [UInt8]? = Packed.text("20220622")

  /// Two arrays of weights, one of them in a grid over both files and in pieces, and a counter.
  static let sound = PartitionedFiles(entries: [
    Entry(
      name: "grid", shape: [4, 3, 4],
      parts: [
        Part(box: [0..<2, 0..<3, 0..<1], shard: 0),
        Part(box: [0..<2, 0..<3, 1..<4], shard: 1, pieceLength: 4),
        Part(box: [2..<4, 0..<3, 0..<1], shard: 1), Part(box: [2..<4, 0..<3, 1..<4], shard: 0),
      ]),
    Entry(name: "step", shape: [], type: "int32", parts: [Part(box: [], shard: 1)]),
    Entry(name: "whole", shape: [5], parts: [Part(box: [0..<5], shard: 1)]),
  ])

  func value(_ number: Int, _ place: Int) -> Float { Float(1000 * number + place) }

  /// Elements of a part, in its own order.
  private func elements(_ number: Int, _ box: [Range<Int>]) -> [Float] {
    var places = [0]
    for (range, size) in zip(box, entries[number].shape) {
      places = places.flatMap { place in range.map { place * size + $0 } }
    }
    return places.map { value(number, $0) }
  }

  var index: [UInt8] {
    var fields = [("shard_count", Packed.integer(shardCount)), ("index", Packed.map(leaves))]
    if let version { fields.append(("version", version)) }
    return Packed.map(fields)
  }

  /// Leaves in an order of their own: readers sort.
  private var leaves: [(String, [UInt8])] {
    entries.reversed().map { entry in
      let shape = Packed.list([
        Packed.list(entry.shape.map(Packed.integer)), Packed.text(entry.type), [0xC2], Packed.map([]),
      ])
      let content = Packed.list([
        Packed.bytes(shape), Packed.list(entry.parts.map { Packed.bytes(Packed.box($0.box)) }),
        Packed.list(entry.parts.map { Packed.integer($0.shard) }),
      ])
      return (entry.name, Packed.extended(8, content))
    }
  }

  func data(_ shard: Int) -> [UInt8] {
    var fields = [("__msgpack_array_chunk_a87ca2__", [UInt8(0xC3)])]
    for (number, entry) in entries.enumerated() {
      let parts = entry.parts.filter { $0.shard == shard }
      guard !parts.isEmpty else { continue }
      let chunks = parts.map { part in
        let values = elements(number, part.box)
        let pieces = stride(from: 0, to: values.count, by: part.pieceLength).map {
          Packed.array(Array(values[$0..<min(values.count, $0 + part.pieceLength)]), type: entry.type)
        }
        return Packed.list([Packed.list(pieces), Packed.extended(6, Packed.box(part.box))])
      }
      fields.append(("\(number)", Packed.list(chunks)))
    }
    return Packed.map(fields)
  }

  /// Writes them, and reads the index.
  ///
  /// - Parameters:
  ///   - change: of the files before they are read, by what follows the prefix.
  func read(_ change: (inout [String: [UInt8]]) -> Void = { _ in }) throws -> SourceFile {
    try withTemporaryFile("model") { prefix in
      var files = [".index": index]
      for shard in 0..<shardCount { files[".data-0000\(shard)-of-0000\(shardCount)"] = data(shard) }
      change(&files)
      for (suffix, bytes) in files { try Data(bytes).write(to: URL(filePath: prefix + suffix)) }
      let source = try SourceFormat.source(in: MappedFile(path: prefix + ".index"), path: prefix + ".index")
      for tensor in source.tensors { _ = tensor.floats() }
      return source
    }
  }
}
