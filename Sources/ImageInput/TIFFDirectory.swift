/// The first directory of an EXIF block, which is a TIFF file; read as forgivingly as Pillow reads it.
struct TIFFDirectory {
  private let tiff: ByteReader
  private let order: ByteReader.Order
  private let start: Int

  /// - Parameter exif: the block, with or without one or two of the JPEG marker's "Exif\0\0".
  init?(_ exif: ByteReader) {
    var tiff = exif
    for _ in 0..<2 {
      if tiff.matches("Exif\0\0", at: 0), let rest = tiff.slice(from: 6) { tiff = rest }
    }
    // Some cameras write the number 42 in the other order than all else.
    if tiff.matches("II*\0", at: 0) || tiff.matches("II\0*", at: 0) {
      order = .little
    } else if tiff.matches("MM\0*", at: 0) || tiff.matches("MM*\0", at: 0) {
      order = .big
    } else {
      return nil
    }
    guard let start = tiff.uint32(at: 4, order) else { return nil }
    (self.tiff, self.start) = (tiff, start)
  }

  private static let orientationTag = 0x0112

  /// The first value of tag 0x0112: 0 where it is there and no whole number, nil where it is not there.
  var orientation: Int? {
    guard let entries = tiff.uint16(at: start, order) else { return nil }
    for entry in 0..<entries {
      let offset = start + 2 + 12 * entry
      guard let tag = tiff.uint16(at: offset, order) else { return nil }
      guard tag == Self.orientationTag, let number = tiff.uint16(at: offset + 2, order),
        let type = ValueType(rawValue: number), let count = tiff.uint32(at: offset + 4, order), count > 0,
        let inline = tiff.slice(at: offset + 8, length: 4)
      else { continue }
      // 2³² values of 8 bytes are far from the end of Int.
      let length = count * type.byteCount
      if length <= 4 { return value(type, inline) }
      guard let place = tiff.uint32(at: offset + 8, order), let values = tiff.slice(at: place, length: length)
      else { continue }
      return value(type, values)
    }
    return nil
  }

  /// TIFF's types, by its numbers.
  private enum ValueType: Int {
    case byte = 1
    case text, short, long, ratio, signedByte, undefined, signedShort, signedLong, signedRatio, float, double
    case directory
    case long8 = 16

    var byteCount: Int {
      switch self {
      case .byte, .text, .signedByte, .undefined: 1
      case .short, .signedShort: 2
      case .long, .signedLong, .float, .directory: 4
      case .ratio, .signedRatio, .double, .long8: 8
      }
    }
  }

  /// The first value, where it is a number; bytes and texts are none to Pillow. Negative ones come out as
  /// large ones, and turn nothing either.
  private func value(_ type: ValueType, _ bytes: ByteReader) -> Int {
    let first = bytes.uint32(at: 0, order)
    let second = bytes.uint32(at: 4, order)
    let value: Int? =
      switch type {
      case .byte, .text, .undefined: nil
      case .signedByte: bytes.byte(at: 0).map { Int($0) }
      case .short, .signedShort: bytes.uint16(at: 0, order)
      case .long, .signedLong, .directory: first
      case .ratio, .signedRatio: ratio(first, second)
      case .float: first.flatMap { Int(exactly: Float(bitPattern: UInt32($0))) }
      case .double: long(first, second).flatMap { Int(exactly: Double(bitPattern: $0)) }
      case .long8: long(first, second).flatMap { Int(exactly: $0) }
      }
    return value ?? 0
  }

  private func ratio(_ numerator: Int?, _ denominator: Int?) -> Int? {
    guard let numerator, let denominator, denominator != 0, numerator % denominator == 0 else { return nil }
    return numerator / denominator
  }

  private func long(_ first: Int?, _ second: Int?) -> UInt64? {
    guard let first, let second else { return nil }
    return order == .big ? UInt64(first) << 32 | UInt64(second) : UInt64(second) << 32 | UInt64(first)
  }
}
