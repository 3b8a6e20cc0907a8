/// The chunks of a PNG, as far as orientation and cost need them.
///
/// libspng reads `eXIf` only once the pixels are decoded when it stands behind them; by then it is too
/// late to choose which rows to keep.
struct PNGChunks {
  private var embeddedExif: ByteReader?
  private var rawProfile: PNGText?
  private var xmpText: PNGText?
  /// Bytes of all `IDAT` chunks.
  private(set) var imageByteCount = 0

  init(_ file: ByteReader) {
    var offset = 8
    while let length = file.uint32(at: offset, .big), let type = file.uint32(at: offset + 4, .big) {
      guard let payload = file.slice(at: offset + 8, length: length) else { return }
      switch type {
      case Self.imageType: imageByteCount += length
      case Self.exifType: embeddedExif = payload
      case Self.plainTextType: keep(PNGText(.plain, payload))
      case Self.compressedTextType: keep(PNGText(.compressed, payload))
      case Self.internationalTextType: keep(PNGText(.international, payload))
      case Self.endType: return
      default: break
      }
      offset += 12 + length
    }
  }

  /// The last of each counts, and EXIF by itself more than EXIF as a text: Pillow's order.
  private mutating func keep(_ text: PNGText?) {
    switch text?.keyword {
    case .xmp: xmpText = text
    case .rawExif: rawProfile = text
    // Only a plain one is bytes to Pillow.
    case .exif: embeddedExif = text?.plainBytes ?? embeddedExif
    case nil: break
    }
  }

  var exif: ByteReader? { embeddedExif ?? rawProfile?.rawProfile }
  var xmp: ByteReader? { xmpText?.bytes }

  private static let imageType = 0x4944_4154
  private static let exifType = 0x6558_4966
  private static let plainTextType = 0x7445_5874
  private static let compressedTextType = 0x7A54_5874
  private static let internationalTextType = 0x6954_5874
  private static let endType = 0x4945_4E44
}
