import CSPNG

/// libspng at work on a PNG from which the chunks that no pixel needs are left out.
///
/// libspng keeps text, profiles and palettes, inflates some of them, and refuses the image over their number,
/// size or contents. Here none is wanted, so it sees the critical chunks alone, and of palettes only the one
/// that the pixels are indices of: metadata cost nothing and refuse nothing, whatever they hold.
final class PNGReader {
  let context: OpaquePointer
  private let bytes: UnsafeBufferPointer<UInt8>
  /// What is handed over next, and the end of the signature or chunk that it belongs to.
  private var position = 0
  private var end = PNGReader.signatureLength
  private let keepsPalette: Bool

  private static let signatureLength = 8
  /// The place of IHDR's colour type in the file, and its value for indices.
  private static let colourTypeOffset = 25
  private static let indexed = UInt8(SPNG_COLOR_TYPE_INDEXED.rawValue)

  /// - Parameter bytes: a PNG that stays where it is as long as this lives.
  init(_ bytes: UnsafeBufferPointer<UInt8>) throws(ImageError) {
    guard let context = spng_ctx_new(0) else { throw .tooMuchMemory(.png) }
    self.context = context
    self.bytes = bytes
    keepsPalette = bytes.count > Self.colourTypeOffset && bytes[Self.colourTypeOffset] == Self.indexed
    let status = spng_set_png_stream(
      context,
      { _, reader, target, count in
        guard let reader, let target else { return Int32(SPNG_IO_ERROR.rawValue) }
        return Unmanaged<PNGReader>.fromOpaque(reader).takeUnretainedValue().read(into: target, count)
      }, Unmanaged.passUnretained(self).toOpaque())
    try PNGRows.check(status)
  }

  deinit { spng_ctx_free(context) }

  private func read(into target: UnsafeMutableRawPointer, _ count: Int) -> Int32 {
    var copied = 0
    while copied < count {
      if position == end, !findChunk() { return Int32(SPNG_IO_EOF.rawValue) }
      let piece = min(count - copied, end - position)
      target.advanced(by: copied).copyMemory(
        from: UnsafeRawPointer(bytes.baseAddress.unsafelyUnwrapped + position), byteCount: piece)
      copied += piece
      position += piece
    }
    return 0
  }

  /// Goes on to the next chunk that is wanted; false where the file ends.
  private func findChunk() -> Bool {
    while let length = integer(at: position), let type = integer(at: position + 4) {
      // Length, type and checksum take 12 bytes; the last chunk may be cut short.
      end = min(position + 12 + length, bytes.count)
      // A lowercase first letter says that the chunk may be ignored.
      let isAncillary = type & 0x2000_0000 != 0
      if !isAncillary, type != Self.paletteType || keepsPalette { return true }
      position = end
    }
    return false
  }

  private static let paletteType = 0x504C_5445

  private func integer(at offset: Int) -> Int? {
    guard offset + 4 <= bytes.count else { return nil }
    return bytes[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int($1) }
  }
}
