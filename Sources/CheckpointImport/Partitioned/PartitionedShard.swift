import Checkpoint

/// One data file of a checkpoint of google-research/vmoe: parts of arrays, by the number of their array.
///
/// A MessagePack map of a mark that says what it is, and for each array a list of parts: the elements, flat, in pieces of
/// equal length but for the last (extension 1), and the part's place (extension 6).
/// - Source: vmoe/checkpoints/serialization.py.
struct PartitionedShard {
  static let mark = "__msgpack_array_chunk_a87ca2__"

  /// The parts of each array that has some here.
  private(set) var parts: [Int: [SourceTensor.Part]] = [:]
  private let file: MappedFile
  private let path: String
  private let arrays: [PartitionedArray]

  /// - Parameters:
  ///   - arrays: all of the index, by number.
  ///   - shard: this file's number.
  /// - Throws: `ImportError` for damage, and where the file holds other parts than the index says.
  init(_ file: MappedFile, path: String, arrays: [PartitionedArray], shard: Int) throws(ImportError) {
    (self.file, self.path, self.arrays) = (file, path, arrays)
    var cursor = MessagePackCursor(bytes: file.bytes, path: path)
    guard case .map(let count) = try cursor.next() else {
      throw cursor.problem("expected a map of arrays, found another item")
    }
    var isMarked = false
    for _ in 0..<count {
      let key = try cursor.name("an array's number")
      if key == Self.mark {
        isMarked = true
        try cursor.passItem()
      } else {
        try array(key, &cursor)
      }
    }
    guard isMarked else {
      throw .invalidSource(
        path: path, problem: "expected a data file of vmoe's checkpoints, found no '\(Self.mark)'")
    }
    guard cursor.offset == file.bytes.count else {
      throw cursor.problem("expected the end of the file behind the arrays, found more bytes")
    }
    try requireAll(of: shard)
  }

  private mutating func array(_ key: String, _ cursor: inout MessagePackCursor) throws(ImportError) {
    guard let number = Int(key), String(number) == key, arrays.indices.contains(number) else {
      throw cursor.problem(
        "expected an array's number below \(arrays.count), found \(quoted(key)); is it of another checkpoint?"
      )
    }
    guard parts[number] == nil else { throw cursor.problem("expected array \(number) once, found it twice") }
    let array = arrays[number]
    guard let type = array.type else { return try cursor.passItem() }
    var found: [SourceTensor.Part] = []
    for _ in 0..<(try cursor.list("parts of array \(number)")) {
      guard try cursor.list("a part") == 2 else {
        throw cursor.problem("expected a part's elements and place")
      }
      let pieces = try pieces(type, &cursor)
      guard case .extended(type: 6, let end) = try cursor.next() else {
        throw cursor.problem("expected a part's place (extension 6), found another item")
      }
      let box = try cursor.box(of: array.shape)
      guard cursor.offset == end else {
        throw cursor.problem("expected a part's place to end at byte \(end)")
      }
      let count = pieces.reduce(0) { $0 + $1.count }
      guard checkedProduct(box.map(\.count)) == count else {
        throw cursor.problem("part \(described(box)) of \(quoted(array.name)) has \(count) elements")
      }
      found.append(SourceTensor.Part(file: file, box: box, pieces: pieces))
    }
    parts[number] = found
  }

  private func pieces(_ type: SourceType, _ cursor: inout MessagePackCursor) throws(ImportError)
    -> [SourceTensor.Piece]
  {
    var pieces: [SourceTensor.Piece] = []
    let count = try cursor.list("a part's elements")
    for index in 0..<count {
      guard case .extended(type: 1, let end) = try cursor.next() else {
        throw cursor.problem("expected an array (extension 1), found another item")
      }
      let piece = try cursor.array(to: end)
      guard piece.type == type else {
        throw cursor.problem(
          "expected \(type) as the index says, found \(piece.typeName); is it of another checkpoint?")
      }
      let length = piece.bytes.count / type.byteCount
      let first = pieces.first?.count ?? length
      guard length == first || index == count - 1 && length < first else {
        throw cursor.problem("expected pieces of \(first) elements, but for the last, found one of \(length)")
      }
      pieces.append(SourceTensor.Piece(offset: piece.bytes.lowerBound, count: length))
    }
    return pieces
  }

  /// The index and the file must say the same.
  private func requireAll(of shard: Int) throws(ImportError) {
    func problem(_ text: String) -> ImportError {
      .invalidSource(path: path, problem: text + "; is it of another checkpoint?")
    }
    for (number, array) in arrays.enumerated() where array.type != nil {
      var expected = Set(array.shards.filter { $0.value == shard }.keys)
      for part in parts[number] ?? [] {
        guard expected.remove(part.box) != nil else {
          throw problem(
            "the index does not say that part \(described(part.box)) of \(quoted(array.name)) is in it, or once"
          )
        }
      }
      if let missing = expected.min(by: { described($0) < described($1) }) {
        throw problem(
          "part \(described(missing)) of \(quoted(array.name)) is not in it, where the index says it is")
      }
    }
  }
}
