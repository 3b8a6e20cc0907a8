import Checkpoint

/// A NumPy array as Flax writes it: shape, type name and raw bytes.
struct FlaxArray {
  let typeName: String
  /// nil for integers and booleans, which are no weights.
  let type: SourceType?
  let shape: [Int]
  /// Its elements in the file.
  let bytes: Range<Int>
}

extension MessagePackCursor {
  /// Deeper than any model's parameters, shallow enough for any stack.
  static let maximumDepth = 32

  /// Passes an item, with all that is in it.
  mutating func passItem(depth: Int = 0) throws(ImportError) {
    try requireDepth(depth)
    switch try next() {
    case .map(let count):
      for _ in 0..<count {
        try passItem(depth: depth + 1)
        try passItem(depth: depth + 1)
      }
    case .list(let count): for _ in 0..<count { try passItem(depth: depth + 1) }
    case .extended(_, let end): offset = end
    case .integer, .string, .binary, .other: break
    }
  }

  func requireDepth(_ depth: Int) throws(ImportError) {
    guard depth < Self.maximumDepth else {
      throw problem("expected at most \(Self.maximumDepth) levels, found more")
    }
  }

  /// The next item's bytes, which are MessagePack themselves, read by `body`.
  mutating func embedded<Value>(
    _ what: String, _ body: (inout MessagePackCursor) throws(ImportError) -> Value
  ) throws(ImportError) -> Value {
    let range: Range<Int>
    switch try next() {
    case .binary(let bytes), .string(let bytes): range = bytes
    default: throw problem("expected \(what) as bytes, found another item")
    }
    offset = range.lowerBound
    let value = try body(&self)
    guard offset == range.upperBound else {
      throw problem("expected \(what) to end at byte \(range.upperBound)")
    }
    return value
  }

  /// The length of a list, whose items follow.
  mutating func list(_ what: String) throws(ImportError) -> Int {
    guard case .list(let count) = try next() else {
      throw problem("expected \(what) as a list, found another item")
    }
    return count
  }

  /// An integer, or nil for nothing.
  mutating func integer() throws(ImportError) -> Int? {
    switch try next() {
    case .integer(let value): return value
    case .other: return nil
    default: throw problem("expected an integer, found another item")
    }
  }

  /// A name, as text or as bytes.
  mutating func name(_ what: String) throws(ImportError) -> String {
    switch try next() {
    case .string(let range), .binary(let range): return try name(range)
    default: throw problem("expected \(what), found another item")
    }
  }

  /// A list of dimensions.
  mutating func shape(of what: String) throws(ImportError) -> [Int] {
    guard case .list(let rank) = try next(), rank <= SourceTensor.highestRank else {
      throw problem("expected \(what)")
    }
    var shape: [Int] = []
    for _ in 0..<rank {
      guard case .integer(let dimension) = try next() else {
        throw problem("expected an integer as a dimension, found another item")
      }
      shape.append(dimension)
    }
    return shape
  }

  /// The content of an array's extension.
  ///
  /// - Parameter end: where the extension ends.
  mutating func array(to end: Int) throws(ImportError) -> FlaxArray {
    let what = "an array of shape, type and bytes, of at most \(SourceTensor.highestRank) dimensions"
    guard case .list(3) = try next() else { throw problem("expected \(what)") }
    let shape = try shape(of: what)
    guard case .string(let range) = try next() else {
      throw problem("expected an array's type, found another item")
    }
    let typeName = try name(range)
    guard case .binary(let bytes) = try next() else {
      throw problem("expected an array's bytes, found another item")
    }
    let type = SourceType(flax: typeName)
    guard type != nil || SourceType.isNoWeight(flax: typeName) else {
      throw problem(
        "expected type float64, float32, float16, bfloat16 or an integer, found \(quoted(typeName))")
    }
    if let type, checkedProduct(shape + [type.byteCount]) != bytes.count {
      throw problem("\(typeName) \(shape) does not fit its \(bytes.count) bytes")
    }
    guard offset == end else { throw problem("expected an array's extension to end at byte \(end)") }
    return FlaxArray(typeName: typeName, type: type, shape: shape, bytes: bytes)
  }
}

extension SourceType {
  init?(flax name: String) {
    switch name {
    case "float64": self = .f64
    case "float32": self = .f32
    case "float16": self = .f16
    case "bfloat16": self = .bf16
    default: return nil
    }
  }

  /// Step counters and the like.
  static func isNoWeight(flax name: String) -> Bool {
    ["int", "uint", "bool"].contains(where: name.hasPrefix)
  }
}
