/// The chunks of a PNG, as far as orientation and completeness need them.
///
/// libspng reads `eXIf` only once the pixels are decoded when it stands behind them; by then it is too
/// late to choose which rows to keep.
package struct PNGChunks {
  package private(set) var exif: ByteReader?
  package private(set) var xmp: ByteReader?
  /// Whether the `IEND` chunk is there.
  package private(set) var isComplete = false

  package init(_ file: ByteReader) {
    var offset = 8
    while let length = file.uint32(at: offset, .big) {
      guard let payload = file.slice(at: offset + 8, length: length) else { return }
      if file.matches("eXIf", at: offset + 4) {
        exif = payload
      } else if file.matches("iTXt", at: offset + 4), payload.matches("XML:com.adobe.xmp\0\0", at: 0) {
        xmp = payload.slice(from: 19)
      } else if file.matches("IEND", at: offset + 4) {
        isComplete = file.slice(at: offset + 8, length: 4) != nil
        return
      }
      offset += 12 + length
    }
  }
}
