/// The encodings that are read.
package enum ImageFormat: String, Sendable, CaseIterable {
  case jpeg = "JPEG"
  case png = "PNG"
  case webp = "WebP"

  /// Recognises the first bytes of a file; nil when they belong to none of the three.
  /// - Parameter file: the whole file or at least its first 12 bytes.
  package init?(detecting file: ByteReader) {
    if file.uint32(at: 0, .big) == 0x8950_4E47, file.uint32(at: 4, .big) == 0x0D0A_1A0A {
      self = .png
    } else if file.uint16(at: 0, .big) == 0xFFD8, file.byte(at: 2) == 0xFF {
      self = .jpeg
    } else if file.matches("RIFF", at: 0), file.matches("WEBP", at: 8) {
      self = .webp
    } else {
      return nil
    }
  }
}
