/// Bounds-checked reads from a file's bytes, which are shared and not copied; every read past an end is nil.
package struct ByteReader: Sendable {
  package enum Order { case big, little }

  private let bytes: ArraySlice<UInt8>
  package var count: Int { bytes.count }

  /// Counts offsets from the first byte of `bytes`, whatever its index is.
  package init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  /// The `length` bytes from `offset` on; nil when they end earlier.
  package func slice(at offset: Int, length: Int) -> ByteReader? {
    guard offset >= 0, length >= 0, offset <= count, length <= count - offset else { return nil }
    return ByteReader(bytes[(bytes.startIndex + offset)..<(bytes.startIndex + offset + length)])
  }

  package func slice(from offset: Int) -> ByteReader? { slice(at: offset, length: count - offset) }

  /// A copy of these bytes and others behind them.
  func joined(with other: ByteReader) -> ByteReader { ByteReader((bytes + other.bytes)[...]) }

  /// The offset of the first `value` from `start` on.
  func firstIndex(of value: UInt8, from start: Int) -> Int? {
    guard start >= 0, start <= count else { return nil }
    return bytes[(bytes.startIndex + start)...].firstIndex(of: value).map { $0 - bytes.startIndex }
  }

  /// Calls `body` with the bytes where they lie.
  func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result? {
    bytes.withContiguousStorageIfAvailable(body)
  }

  package func byte(at offset: Int) -> UInt8? {
    offset >= 0 && offset < count ? bytes[bytes.startIndex + offset] : nil
  }

  package func uint16(at offset: Int, _ order: Order) -> Int? { integer(at: offset, bytes: 2, order) }

  package func uint32(at offset: Int, _ order: Order) -> Int? { integer(at: offset, bytes: 4, order) }

  /// Whether `text`, ASCII, stands at `offset`.
  package func matches(_ text: StaticString, at offset: Int) -> Bool {
    guard offset >= 0, text.utf8CodeUnitCount <= count - offset else { return false }
    let start = bytes.startIndex + offset
    return text.withUTF8Buffer { $0.elementsEqual(bytes[start..<(start + $0.count)]) }
  }

  private func integer(at offset: Int, bytes width: Int, _ order: Order) -> Int? {
    guard offset >= 0, offset <= count - width else { return nil }
    var value = 0
    for index in 0..<width {
      let place = order == .big ? index : width - 1 - index
      value = value << 8 | Int(bytes[bytes.startIndex + offset + place])
    }
    return value
  }
}
