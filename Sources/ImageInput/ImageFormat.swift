/// The encodings that are read.
package enum ImageFormat: String, Sendable, CaseIterable {
  case jpeg = "JPEG"
  case png = "PNG"
  case webp = "WebP"

  /// Recognises the first bytes of a file; nil when they belong to none of the three.
  /// - Parameter bytes: the whole file or at least its first 12 bytes.
  package init?(detecting bytes: [UInt8]) {
    let reader = ByteReader(bytes)
    if reader.matches("\u{89}PNG\r\n\u{1A}\n", at: 0) {
      self = .png
    } else if reader.matches("\u{FF}\u{D8}\u{FF}", at: 0) {
      self = .jpeg
    } else if reader.matches("RIFF", at: 0), reader.matches("WEBP", at: 8) {
      self = .webp
    } else {
      return nil
    }
  }
}
