extension Orientation {
  private static let tag = 0x0112
  private static let shortType = 3
  private static let longType = 4
  /// Bytes of XMP that are searched: what a JPEG can hold, four times.
  private static let searchedXMPByteCount = 256 << 10

  /// What EXIF says, or else XMP, or else upright: the order Pillow's `exif_transpose` asks in.
  package init(exif: ByteReader?, xmp: ByteReader?) {
    let said = exif.flatMap(Self.value(exif:)) ?? xmp.flatMap(Self.value(xmp:))
    self = said.flatMap(Self.init(rawValue:)) ?? .upright
  }

  /// Tag 0x0112 of the first directory of a TIFF file, with or without the JPEG marker's "Exif\0\0".
  private static func value(exif: ByteReader) -> Int? {
    var tiff = exif
    if tiff.matches("Exif\0\0", at: 0), let rest = tiff.slice(from: 6) { tiff = rest }
    let order: ByteReader.Order
    if tiff.matches("II*\0", at: 0) {
      order = .little
    } else if tiff.matches("MM\0*", at: 0) {
      order = .big
    } else {
      return nil
    }
    guard let directory = tiff.uint32(at: 4, order), let entries = tiff.uint16(at: directory, order)
    else { return nil }
    for entry in 0..<entries {
      let offset = directory + 2 + 12 * entry
      guard let found = tiff.uint16(at: offset, order) else { return nil }
      guard found == tag, let count = tiff.uint32(at: offset + 4, order), count > 0 else { continue }
      // More values than fit stand elsewhere: not an orientation any camera writes.
      switch tiff.uint16(at: offset + 2, order) {
      case shortType where count <= 2: return tiff.uint16(at: offset + 8, order)
      case longType where count == 1: return tiff.uint32(at: offset + 8, order)
      default: continue
      }
    }
    return nil
  }

  /// The digit after `tiff:Orientation="` or `tiff:Orientation>`.
  private static func value(xmp: ByteReader) -> Int? {
    for offset in 0..<min(xmp.count, searchedXMPByteCount) where xmp.byte(at: offset) == UInt8(ascii: "t") {
      guard xmp.matches("tiff:Orientation", at: offset) else { continue }
      let next = offset + 16
      let digit: UInt8?
      if xmp.matches("=\"", at: next) {
        digit = xmp.byte(at: next + 2)
      } else if xmp.matches(">", at: next) {
        digit = xmp.byte(at: next + 1)
      } else {
        continue
      }
      if let digit, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) {
        return Int(digit - UInt8(ascii: "0"))
      }
    }
    return nil
  }
}
