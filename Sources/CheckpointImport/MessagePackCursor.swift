/// Walks MessagePack item by item. Lengths are checked against the file before they are used.
struct MessagePackCursor {
  /// One item: a scalar whole, or the head of a container whose items follow.
  enum Item {
    case map(count: Int)
    case list(count: Int)
    case integer(Int)
    case string(String)
    case binary(Range<Int>)
    /// Its content follows and ends at `end`.
    case extended(type: Int8, end: Int)
    case other
  }

  let bytes: UnsafeRawBufferPointer
  let path: String
  var offset = 0

  func problem(_ text: String) -> ImportError {
    .invalidSource(path: path, problem: "not the MessagePack that Flax writes: at byte \(offset): \(text)")
  }

  mutating func next() throws(ImportError) -> Item {
    let head = UInt8(try integer(UInt8.self))
    switch head {
    case 0x00...0x7F: return .integer(Int(head))
    case 0x80...0x8F: return .map(count: Int(head & 0x0F))
    case 0x90...0x9F: return .list(count: Int(head & 0x0F))
    case 0xA0...0xBF: return .string(try string(Int(head & 0x1F)))
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
    case 0xCF, 0xD3: return .integer(try integer(Int64.self))
    case 0xD0: return .integer(try integer(Int8.self))
    case 0xD1: return .integer(try integer(Int16.self))
    case 0xD2: return .integer(try integer(Int32.self))
    case 0xD4...0xD8: return try extended(1 << Int(head - 0xD4))
    case 0xD9: return .string(try string(integer(UInt8.self)))
    case 0xDA: return .string(try string(integer(UInt16.self)))
    case 0xDB: return .string(try string(integer(UInt32.self)))
    case 0xDC: return .list(count: try integer(UInt16.self))
    case 0xDD: return .list(count: try integer(UInt32.self))
    case 0xDE: return .map(count: try integer(UInt16.self))
    case 0xDF: return .map(count: try integer(UInt32.self))
    case 0xE0...0xFF: return .integer(Int(Int8(bitPattern: head)))
    default: throw problem("an item of unknown type")
    }
  }

  /// A big-endian integer.
  private mutating func integer<Value: FixedWidthInteger>(_: Value.Type) throws(ImportError) -> Int {
    let range = try take(MemoryLayout<Value>.size)
    return Int(Value(bigEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: Value.self)))
  }

  /// The next `count` bytes.
  private mutating func take(_ count: Int) throws(ImportError) -> Range<Int> {
    guard count <= bytes.count - offset else { throw problem("the file ends within an item") }
    defer { offset += count }
    return offset..<offset + count
  }

  private mutating func skip(_ count: Int) throws(ImportError) -> Item {
    _ = try take(count)
    return .other
  }

  private mutating func string(_ count: Int) throws(ImportError) -> String {
    String(decoding: bytes[try take(count)], as: UTF8.self)
  }

  private mutating func extended(_ count: Int) throws(ImportError) -> Item {
    let type = Int8(truncatingIfNeeded: try integer(Int8.self))
    guard count <= bytes.count - offset else { throw problem("the file ends within an extension") }
    return .extended(type: type, end: offset + count)
  }
}
