import Checkpoint

/// Reads Flax parameters from MessagePack, as `flax.serialization.to_bytes` writes them, in place.
///
/// Nested maps become names joined by '/'. An array is extension type 1 (3 for a scalar) around a
/// MessagePack array of shape, type name and raw bytes. An array above 2³⁰ bytes is a map with
/// `__msgpack_chunked_array__`, `shape` and `chunks`.
/// - Source: the MessagePack specification; flax/serialization.py for the extension types.
package struct FlaxMessagePack {
  private static let chunkedKey = "__msgpack_chunked_array__"
  private let file: MappedFile
  private let path: String

  /// What a value is, as far as parameters are made of it.
  private enum Value {
    case map([(key: String, value: Value)])
    case array(type: SourceType, shape: [Int], offset: Int)
    case integer(Int)
    case other
  }

  /// Whether bytes begin as MessagePack's maps do.
  static func recognizes(_ first: UInt8) -> Bool {
    (0x80...0x8F).contains(first) || first == 0xDE || first == 0xDF
  }

  package static func source(in file: MappedFile, path: String) throws(ImportError) -> SourceFile {
    let reader = FlaxMessagePack(file: file, path: path)
    var cursor = MessagePackCursor(bytes: file.bytes, path: path)
    var root = try reader.value(&cursor, depth: 0)
    guard cursor.offset == file.bytes.count else {
      throw cursor.problem("expected the end of the file behind the parameters, found more bytes")
    }
    // A checkpoint of several collections wraps the parameters once more.
    while case .map(let entries) = root, entries.count == 1, case .map = entries[0].value {
      root = entries[0].value
    }
    var tensors: [SourceTensor] = []
    try reader.collect(root, name: "", into: &tensors)
    return SourceFile(tensors.sorted { $0.name < $1.name })
  }

  private func value(_ cursor: inout MessagePackCursor, depth: Int) throws(ImportError) -> Value {
    try cursor.requireDepth(depth)
    switch try cursor.next() {
    case .map(let count):
      var entries: [(key: String, value: Value)] = []
      var keys: Set<String> = []
      for _ in 0..<count {
        guard case .string(let range) = try cursor.next() else {
          throw cursor.problem("expected a string as a map's key, found another item")
        }
        let key = try cursor.name(range)
        guard keys.insert(key).inserted else {
          throw cursor.problem("expected every key of a map once, found \(quoted(key)) twice")
        }
        let value = try value(&cursor, depth: depth + 1)
        if case .other = value, key != Self.chunkedKey { continue }
        entries.append((key, value))
      }
      return .map(entries)
    case .list(let count):
      for _ in 0..<count { _ = try value(&cursor, depth: depth + 1) }
      return .other
    case .integer(let integer): return .integer(integer)
    case .extended(type: 1, let end), .extended(type: 3, let end):
      let array = try cursor.array(to: end)
      return array.type.map { .array(type: $0, shape: array.shape, offset: array.bytes.lowerBound) } ?? .other
    case .extended(_, let end):
      cursor.offset = end
      return .other
    case .string, .binary, .other: return .other
    }
  }

  private func collect(_ value: Value, name: String, into tensors: inout [SourceTensor]) throws(ImportError) {
    // A long name over many arrays would take far more memory than the file.
    guard name.utf8.count <= SourceTensor.longestName else {
      throw .invalidSource(
        path: path, problem: "\(quoted(name)): expected names of at most \(SourceTensor.longestName) bytes")
    }
    switch value {
    case .array(let type, let shape, let offset):
      tensors.append(SourceTensor(name: name, type: type, shape: shape, offset: offset, file: file))
    case .map(let entries):
      if entries.contains(where: { $0.key == Self.chunkedKey }) {
        return tensors.append(try chunked(entries, name: name))
      }
      for entry in entries {
        try collect(entry.value, name: name.isEmpty ? entry.key : name + "/" + entry.key, into: &tensors)
      }
    case .integer, .other: break
    }
  }

  /// An array in pieces: `shape` and `chunks` are maps with the keys "0", "1", ….
  private func chunked(_ entries: [(key: String, value: Value)], name: String) throws(ImportError)
    -> SourceTensor
  {
    func list(_ key: String) -> [Value]? {
      guard case .map(let items)? = entries.first(where: { $0.key == key })?.value else { return nil }
      let values = Dictionary(items.map { ($0.key, $0.value) }) { first, _ in first }
      return values.count == items.count ? (0..<items.count).compactMap { values[String($0)] } : nil
    }
    let shape = list("shape")?.map { if case .integer(let dimension) = $0 { dimension } else { -1 } }
    var pieces: [SourceTensor.Piece] = []
    var types: Set<SourceType> = []
    for case .array(let type, let shape, let offset) in list("chunks") ?? [] {
      types.insert(type)
      pieces.append(SourceTensor.Piece(offset: offset, count: shape.reduce(1, *)))
    }
    guard let shape, let type = types.first, types.count == 1,
      checkedProduct(shape) == pieces.reduce(0, { $0 + $1.count })
    else {
      throw .invalidSource(path: path, problem: "tensor \(quoted(name)): its chunks do not make up its shape")
    }
    return SourceTensor(name: name, type: type, shape: shape, pieces: pieces, file: file)
  }
}
