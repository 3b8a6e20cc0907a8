/// The chunks of a PNG, as far as orientation and completeness need them.
///
/// libspng reads `eXIf` only once the pixels are decoded when it stands behind them; by then it is too
/// late to choose which rows to keep.
struct PNGChunks {
  private(set) var exif: ByteReader?
  private(set) var xmp: ByteReader?
  /// Bytes of all `IDAT` chunks.
  private(set) var imageByteCount = 0
  /// Whether the `IEND` chunk is there.
  private(set) var isComplete = false

  init(_ file: ByteReader) {
    var offset = 8
    while let length = file.uint32(at: offset, .big), let type = file.uint32(at: offset + 4, .big) {
      guard let payload = file.slice(at: offset + 8, length: length) else { return }
      switch type {
      case Self.imageType: imageByteCount += length
      case Self.exifType: exif = payload
      case Self.textType where payload.matches("XML:com.adobe.xmp\0\0", at: 0): xmp = payload.slice(from: 19)
      case Self.endType:
        isComplete = file.slice(at: offset + 8, length: 4) != nil
        return
      default: break
      }
      offset += 12 + length
    }
  }

  private static let imageType = 0x4944_4154
  private static let exifType = 0x6558_4966
  private static let textType = 0x6954_5874
  private static let endType = 0x4945_4E44
}
