/// Reads the numbered fields of a header and says where the first wrong one lies.
///
/// Every access is bounds-checked, every length compared before it is used as one.
struct FieldReader {
  let bytes: UnsafeRawBufferPointer

  func integer<Value: FixedWidthInteger>(_ field: String, at offset: Int, as type: Value.Type)
    throws(CheckpointError) -> Value
  {
    guard offset >= 0, offset <= bytes.count - MemoryLayout<Value>.size else {
      throw .invalid(
        field: field, offset: UInt64(clamping: offset), expected: "\(MemoryLayout<Value>.size) bytes",
        found: "the end of the file at \(bytes.count)")
    }
    return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
  }

  /// A 64-bit field that must lie in `range`.
  func length(_ field: String, at offset: Int, in range: ClosedRange<Int>) throws(CheckpointError) -> Int {
    let value = try integer(field, at: offset, as: UInt64.self)
    guard let length = Int(exactly: value), range.contains(length) else {
      throw .invalid(
        field: field, offset: UInt64(offset),
        expected: range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)…\(range.upperBound)",
        found: "\(value)")
    }
    return length
  }

  func require(_ condition: Bool, _ field: String, at offset: Int, expected: String, found: String)
    throws(CheckpointError)
  {
    guard condition else {
      throw .invalid(field: field, offset: UInt64(offset), expected: expected, found: found)
    }
  }

  func requireZero(_ field: String, in range: Range<Int>) throws(CheckpointError) {
    if let offset = range.first(where: { bytes[$0] != 0 }) {
      throw .invalid(
        field: field, offset: UInt64(offset), expected: "zero (reserved)", found: "\(bytes[offset])")
    }
  }
}
