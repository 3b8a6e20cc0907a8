/// The segments of a JPEG ahead of its first scan, as far as orientation needs them.
struct JPEGSegments {
  /// Bytes of EXIF behind which no orientation is looked for.
  private static let longestExif = 1 << 18

  /// The first EXIF segment, and the others behind it less their "Exif\0\0": as Pillow joins them.
  private(set) var exif: ByteReader?
  private(set) var xmp: ByteReader?

  /// Walks marker by marker and stops at the first scan, or at whatever is no segment.
  init(_ file: ByteReader) {
    var offset = 2
    while let fill = file.byte(at: offset), fill == 0xFF, let marker = file.byte(at: offset + 1) {
      // Any number of 0xFF may stand before a marker.
      if marker == 0xFF {
        offset += 1
        continue
      }
      let standsAlone = marker == 0x01 || (0xD0...0xD8).contains(marker)
      if standsAlone {
        offset += 2
        continue
      }
      if marker == 0xDA || marker == 0xD9 { return }
      guard let length = file.uint16(at: offset + 2, .big), length >= 2,
        let payload = file.slice(at: offset + 4, length: length - 2)
      else { return }
      if marker == 0xE1 { keep(payload) }
      offset += 2 + length
    }
  }

  private mutating func keep(_ payload: ByteReader) {
    if payload.matches("Exif\0\0", at: 0), let rest = payload.slice(from: 6) {
      guard let first = exif else {
        exif = payload
        return
      }
      if first.count < Self.longestExif { exif = first.joined(with: rest) }
    } else if payload.matches("http://ns.adobe.com/xap/1.0/\0", at: 0) {
      xmp = payload.slice(from: 29)
    }
  }
}
