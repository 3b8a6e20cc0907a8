/// The chunks of a WebP container that pixels and orientation need.
struct WebPChunks {
  /// Where the first chunk of coded pixels lies, its name included; nil when it is not there.
  private(set) var bitstream: Range<Int>?
  /// What that chunk holds, and whether it is lossless.
  private(set) var payload: ByteReader?
  private(set) var isLossless = false
  private(set) var exif: ByteReader?
  private(set) var xmp: ByteReader?
  /// Whether the file is as long as it says.
  let isComplete: Bool

  private static let exifFlag: UInt8 = 0x08
  private static let xmpFlag: UInt8 = 0x04

  init(_ file: ByteReader) {
    let said = 8 + (file.uint32(at: 4, .little) ?? 0)
    isComplete = said <= file.count
    let flags = file.matches("VP8X", at: 12) ? file.byte(at: 20) ?? 0 : 0
    var offset = 12
    while let length = file.uint32(at: offset + 4, .little) {
      guard let payload = file.slice(at: offset + 8, length: length) else { return }
      if bitstream == nil, file.matches("VP8 ", at: offset) || file.matches("VP8L", at: offset) {
        bitstream = offset..<(offset + 8 + length)
        isLossless = file.matches("VP8L", at: offset)
        self.payload = payload
      }
      if flags & Self.exifFlag != 0, exif == nil, file.matches("EXIF", at: offset) { exif = payload }
      if flags & Self.xmpFlag != 0, xmp == nil, file.matches("XMP ", at: offset) { xmp = payload }
      // Chunks are padded to an even length.
      offset += 8 + length + length % 2
    }
  }
}
