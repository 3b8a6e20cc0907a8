import Checkpoint

/// A part of an array: a range of indices along each axis.
typealias ArrayBox = [Range<Int>]

/// An array of a checkpoint in several files, and the file that each of its parts is in.
struct PartitionedArray {
  let name: String
  let typeName: String
  let shape: [Int]
  /// The number of the data file of each part.
  let shards: [ArrayBox: Int]

  /// nil for integers and booleans, which are no weights.
  var type: SourceType? { SourceType(flax: typeName) }
}

/// `PREFIX.index` of a checkpoint of google-research/vmoe: which arrays there are, and where their parts lie.
///
/// A MessagePack map of `shard_count`, `version` and `index`, nested maps whose leaves are extensions of type 8: the
/// array's shape and type, its parts, and the data file of each. Shapes and parts are MessagePack again, as bytes. The
/// data files know an array by its number: the leaves are counted with the keys of every map in order.
/// - Source: vmoe/checkpoints/serialization.py and partitioned.py.
struct PartitionedIndex {
  /// The version that tells its parameters apart without the program that wrote them.
  private static let version = "20220622"
  /// Five digits number the files.
  private static let mostShards = 99_999

  let shardCount: Int
  /// By number.
  let arrays: [PartitionedArray]

  /// Whether a file begins as an index does: its few keys stand in any order, the long one maybe first.
  static func recognizes(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let first = bytes.first, FlaxMessagePack.recognizes(first) else { return false }
    let ends = [bytes.prefix(64), bytes.suffix(64)].map { String(decoding: $0, as: UTF8.self) }
    return ends[0].contains("shard_count") || ends[0].contains("index") && ends[1].contains("shard_count")
  }

  init(_ bytes: UnsafeRawBufferPointer, path: String) throws(ImportError) {
    var cursor = MessagePackCursor(bytes: bytes, path: path)
    guard case .map(let count) = try cursor.next() else {
      throw cursor.problem("expected a map of shard_count and index, found another item")
    }
    var foundCount: Int?
    var version: String?
    var root: Node?
    for _ in 0..<count {
      switch try cursor.name("a key") {
      case "shard_count": foundCount = try cursor.integer()
      case "version": version = try Self.version(&cursor)
      case "index": root = try Self.node(&cursor, depth: 0)
      default: try cursor.passItem()
      }
    }
    guard cursor.offset == bytes.count else {
      throw cursor.problem("expected the end of the file behind the index, found more bytes")
    }
    func problem(_ text: String) -> ImportError { .invalidSource(path: path, problem: text) }
    guard let shardCount = foundCount, (1...Self.mostShards).contains(shardCount) else {
      throw problem(
        "expected a shard_count from 1 to \(Self.mostShards), found \(foundCount.map { "\($0)" } ?? "none")")
    }
    guard version == nil || version == Self.version else {
      throw problem(
        "expected version '\(Self.version)' of vmoe's checkpoints, found \(quoted(version ?? "")); save it again with "
          + "today's vmoe")
    }
    guard case .map(let entries)? = root else { throw problem("expected the map 'index', found none") }
    // Before versions, arrays were counted in the order of the fields of a Python class.
    guard version != nil || !entries.contains(where: { Self.stateFields.contains($0.key) }) else {
      throw problem(
        "it has no version, so how its arrays are counted only the training program knows: restore it with vmoe, and "
          + "save its params alone")
    }
    self.shardCount = shardCount
    arrays = try Self.flattened(.map(entries), name: "", path: path)
    for array in arrays {
      if let shard = array.shards.values.first(where: { !(0..<shardCount).contains($0) }) {
        throw problem(
          "array \(quoted(array.name)) lies in data file \(shard), of \(shardCount) that are counted from 0")
      }
    }
  }

  /// Fields of a training state besides the parameters.
  private static let stateFields: Set<String> = ["step", "opt_state", "rngs"]

  /// A text, or nothing.
  private static func version(_ cursor: inout MessagePackCursor) throws(ImportError) -> String? {
    switch try cursor.next() {
    case .string(let range), .binary(let range): return try cursor.name(range)
    case .other: return nil
    default: throw cursor.problem("expected a version as text, found another item")
    }
  }

  // MARK: The tree

  private enum Node {
    case map([(key: String, value: Node)])
    case leaf(typeName: String, shape: [Int], shards: [ArrayBox: Int])
    /// What JAX does not count.
    case none
  }

  private static func node(_ cursor: inout MessagePackCursor, depth: Int) throws(ImportError) -> Node {
    try cursor.requireDepth(depth)
    switch try cursor.next() {
    case .map(let count):
      var entries: [(key: String, value: Node)] = []
      var keys: Set<String> = []
      for _ in 0..<count {
        let key = try cursor.name("a key")
        guard keys.insert(key).inserted else {
          throw cursor.problem("expected every key of a map once, found \(quoted(key)) twice")
        }
        entries.append((key, try node(&cursor, depth: depth + 1)))
      }
      return .map(entries)
    case .extended(type: 8, let end):
      let leaf = try leaf(&cursor)
      guard cursor.offset == end else {
        throw cursor.problem("expected an array's entry to end at byte \(end)")
      }
      return leaf
    case .other: return .none
    default: throw cursor.problem("expected a map or an array's entry (extension 8), found another item")
    }
  }

  private static func leaf(_ cursor: inout MessagePackCursor) throws(ImportError) -> Node {
    guard try cursor.list("an array's entry") == 3 else {
      throw cursor.problem("expected an array's shape, parts and data files")
    }
    let (shape, typeName) = try cursor.embedded("an array's shape and type") {
      (cursor) throws(ImportError) in
      let count = try cursor.list("shape and type")
      guard count >= 2 else { throw cursor.problem("expected a shape and a type") }
      let shape = try cursor.shape(of: "a shape of at most \(SourceTensor.highestRank) dimensions")
      let typeName = try cursor.name("an array's type")
      for _ in 2..<count { try cursor.passItem(depth: 1) }
      return (shape, typeName)
    }
    guard checkedProduct(shape) != nil else {
      throw cursor.problem("expected dimensions of at least 0 whose product fits 63 bits, found \(shape)")
    }
    guard SourceType(flax: typeName) != nil || SourceType.isNoWeight(flax: typeName) else {
      throw cursor.problem(
        "expected type float64, float32, float16, bfloat16 or an integer, found \(quoted(typeName))")
    }
    var boxes: [ArrayBox] = []
    for _ in 0..<(try cursor.list("an array's parts")) {
      boxes.append(
        try cursor.embedded("a part's place") { (cursor) throws(ImportError) in
          try cursor.box(of: shape)
        })
    }
    let count = try cursor.list("the parts' data files")
    guard count == boxes.count else {
      throw cursor.problem("expected a data file for each of \(boxes.count) parts, found \(count)")
    }
    var shards: [ArrayBox: Int] = [:]
    for box in boxes {
      guard let shard = try cursor.integer() else {
        throw cursor.problem("expected a data file's number, found nothing")
      }
      guard shards.updateValue(shard, forKey: box) == nil else {
        throw cursor.problem("expected every part of an array once, found \(described(box)) twice")
      }
    }
    return .leaf(typeName: typeName, shape: shape, shards: shards)
  }

  /// The leaves with the keys of every map in Python's order, which is that of their code points.
  private static func flattened(_ node: Node, name: String, path: String) throws(ImportError)
    -> [PartitionedArray]
  {
    guard name.utf8.count <= SourceTensor.longestName else {
      throw .invalidSource(
        path: path, problem: "\(quoted(name)): expected names of at most \(SourceTensor.longestName) bytes")
    }
    switch node {
    case .none: return []
    case .leaf(let typeName, let shape, let shards):
      if let problem = gridProblem(shards.keys, of: shape) {
        throw .invalidSource(path: path, problem: "array \(quoted(name)): \(problem)")
      }
      return [PartitionedArray(name: name, typeName: typeName, shape: shape, shards: shards)]
    case .map(let entries):
      var arrays: [PartitionedArray] = []
      for entry in entries.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
        arrays += try flattened(
          entry.value, name: name.isEmpty ? entry.key : name + "/" + entry.key, path: path)
      }
      return arrays
    }
  }
}
