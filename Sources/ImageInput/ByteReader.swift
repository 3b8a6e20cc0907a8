/// Bounds-checked reads from a file's bytes; every read past an end is nil.
package struct ByteReader {
  package enum Order { case big, little }

  private let bytes: [UInt8]
  private let base: Int
  package let count: Int

  package init(_ bytes: [UInt8]) { self.init(bytes: bytes, base: 0, count: bytes.count) }

  private init(bytes: [UInt8], base: Int, count: Int) {
    self.bytes = bytes
    self.base = base
    self.count = count
  }

  /// The same bytes from `offset` on, at most `length` of them; nil when they end earlier.
  package func slice(at offset: Int, length: Int) -> ByteReader? {
    guard offset >= 0, length >= 0, offset <= count, length <= count - offset else { return nil }
    return ByteReader(bytes: bytes, base: base + offset, count: length)
  }

  package func slice(from offset: Int) -> ByteReader? { slice(at: offset, length: count - offset) }

  package func byte(at offset: Int) -> UInt8? {
    offset >= 0 && offset < count ? bytes[base + offset] : nil
  }

  package func uint16(at offset: Int, _ order: Order) -> Int? { integer(at: offset, bytes: 2, order) }

  package func uint32(at offset: Int, _ order: Order) -> Int? { integer(at: offset, bytes: 4, order) }

  /// Whether the code points of `text`, each a byte, stand at `offset`.
  package func matches(_ text: StaticString, at offset: Int) -> Bool {
    var position = offset
    for scalar in "\(text)".unicodeScalars {
      guard let byte = byte(at: position), UInt32(byte) == scalar.value else { return false }
      position += 1
    }
    return true
  }

  private func integer(at offset: Int, bytes width: Int, _ order: Order) -> Int? {
    guard offset >= 0, offset <= count - width else { return nil }
    var value = 0
    for index in 0..<width {
      let place = order == .big ? index : width - 1 - index
      value = value << 8 | Int(bytes[base + offset + place])
    }
    return value
  }
}
