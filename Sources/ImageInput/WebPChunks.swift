/// The chunks of a WebP container, as far as orientation needs them.
package struct WebPChunks {
  package private(set) var exif: ByteReader?
  package private(set) var xmp: ByteReader?

  private static let exifFlag: UInt8 = 0x08
  private static let xmpFlag: UInt8 = 0x04

  /// Reads the extended layout only; the simple ones carry no metadata.
  package init(_ file: ByteReader) {
    guard file.matches("VP8X", at: 12), let flags = file.byte(at: 20) else { return }
    var offset = 12
    while let length = file.uint32(at: offset + 4, .little) {
      guard let payload = file.slice(at: offset + 8, length: length) else { return }
      if flags & Self.exifFlag != 0, exif == nil, file.matches("EXIF", at: offset) { exif = payload }
      if flags & Self.xmpFlag != 0, xmp == nil, file.matches("XMP ", at: offset) { xmp = payload }
      // Chunks are padded to an even length.
      offset += 8 + length + length % 2
    }
  }
}
