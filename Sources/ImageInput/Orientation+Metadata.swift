extension Orientation {
  /// Bytes of XMP that are searched: what a JPEG can hold, four times.
  static let searchedXMPByteCount = 256 << 10

  /// What EXIF says, or else XMP, or else upright: the order Pillow's `exif_transpose` asks in.
  package init(exif: ByteReader?, xmp: ByteReader?) {
    let said = exif.flatMap { TIFFDirectory($0)?.orientation } ?? xmp.flatMap(Self.value(xmp:))
    self = said.flatMap(Self.init(rawValue:)) ?? .upright
  }

  /// The digit after the first `tiff:Orientation="` or `tiff:Orientation>` that has one.
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
