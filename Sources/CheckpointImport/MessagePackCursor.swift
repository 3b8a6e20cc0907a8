/// Walks MessagePack item by item. Lengths and counts are checked against the file before they are used.
struct MessagePackCursor {
  /// One item: a scalar whole, or the head of a container whose items follow.
  enum Item {
    case map(count: Int)
    case list(count: Int)
    case integer(Int)
    case string(Range<Int>)
    case binary(Range<Int>)
    /// Its content follows and ends at `end`.
    case extended(type: Int8, end: Int)
    case other
  }

  let bytes: UnsafeRawBufferPointer
  let path: String
  var offset = 0
  /// Keys of all maps so far: what is kept of a file is bounded by them.
  private var keyCount = 0
  private static let largestKeyCount = 1 << 20

  init(bytes: UnsafeRawBufferPointer, path: String) { (self.bytes, self.path) = (bytes, path) }

  func problem(_ text: String) -> ImportError {
    .invalidSource(path: path, problem: "not the MessagePack that Flax writes: at byte \(offset): \(text)")
  }

  mutating func next() throws(ImportError) -> Item {
    let head = UInt8(try integer(UInt8.self))
    switch head {
    case 0x00...0x7F: return .integer(Int(head))
    case 0x80...0x8F: return try map(Int(head & 0x0F))
    case 0x90...0x9F: return try list(Int(head & 0x0F))
    case 0xA0...0xBF: return .string(try take(Int(head & 0x1F)))
    case 0xC0, 0xC2, 0xC3: return .other
    case 0xC4: return .binary(try take(integer(UInt8.self)))
    case 0xC5: return .binary(try take(integer(UInt16.self)))
    case 0xC6: return .binary(try take(integer(UInt32.self)))
    case 0xC7: return try extended(integer(UInt8.self))
    case 0xC8: return try extended(integer(UInt16.self))
    case 0xC9: return try extended(integer(UInt32.self))
    case 0xCA: return try skip(4)
    case 0xCB: return try skip(8)
    case 0xCC: return .integer(try integer(UInt8.self))
    case 0xCD: return .integer(try integer(UInt16.self))
    case 0xCE: return .integer(try integer(UInt32.self))
    case 0xCF:
      let value = try integer(Int64.self)
      return value >= 0 ? .integer(value) : .other  // above 2^63
    case 0xD3: return .integer(try integer(Int64.self))
    case 0xD0: return .integer(try integer(Int8.self))
    case 0xD1: return .integer(try integer(Int16.self))
    case 0xD2: return .integer(try integer(Int32.self))
    case 0xD4...0xD8: return try extended(1 << Int(head - 0xD4))
    case 0xD9: return .string(try take(integer(UInt8.self)))
    case 0xDA: return .string(try take(integer(UInt16.self)))
    case 0xDB: return .string(try take(integer(UInt32.self)))
    case 0xDC: return try list(integer(UInt16.self))
    case 0xDD: return try list(integer(UInt32.self))
    case 0xDE: return try map(integer(UInt16.self))
    case 0xDF: return try map(integer(UInt32.self))
    case 0xE0...0xFF: return .integer(Int(Int8(bitPattern: head)))
    default: throw problem("expected an item, found byte 0xc1, which is none")
    }
  }

  /// A big-endian integer.
  private mutating func integer<Value: FixedWidthInteger>(_: Value.Type) throws(ImportError) -> Int {
    let range = try take(MemoryLayout<Value>.size)
    return Int(Value(bigEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: Value.self)))
  }

  /// The next `count` bytes.
  private mutating func take(_ count: Int) throws(ImportError) -> Range<Int> {
    let rest = bytes.count - offset
    guard count <= rest else {
      throw problem("expected \(count) more bytes, found \(rest); copy the file again")
    }
    defer { offset += count }
    return offset..<offset + count
  }

  private mutating func skip(_ count: Int) throws(ImportError) -> Item {
    _ = try take(count)
    return .other
  }

  /// An entry is two bytes at least.
  private mutating func map(_ count: Int) throws(ImportError) -> Item {
    keyCount += count
    guard count <= (bytes.count - offset) / 2, keyCount <= Self.largestKeyCount else {
      throw problem(
        "a map of \(count) entries, more than the file has or than \(Self.largestKeyCount) in all")
    }
    return .map(count: count)
  }

  /// An item is a byte at least.
  private func list(_ count: Int) throws(ImportError) -> Item {
    guard count <= bytes.count - offset else {
      throw problem("a list of \(count) items, more than the file has")
    }
    return .list(count: count)
  }

  private mutating func extended(_ count: Int) throws(ImportError) -> Item {
    let type = Int8(truncatingIfNeeded: try integer(Int8.self))
    guard count <= bytes.count - offset else {
      throw problem("an extension of \(count) bytes goes past the end of the file")
    }
    return .extended(type: type, end: offset + count)
  }

  /// The text of a string that is a name.
  func name(_ range: Range<Int>) throws(ImportError) -> String {
    guard range.count <= SourceTensor.longestName, let name = String(validating: bytes[range], as: UTF8.self)
    else {
      throw problem("expected a name in UTF-8 of at most \(SourceTensor.longestName) bytes")
    }
    return name
  }
}
