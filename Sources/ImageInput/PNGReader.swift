import CSPNG
import CZlib

/// libspng at work on a PNG from which the chunks that no pixel needs are left out.
///
/// libspng keeps text, profiles and palettes, inflates some of them, and refuses the image over their number,
/// size or contents. Here none is wanted, so it sees the header, the pixels and their end alone, and of palettes
/// only the one that the pixels are indices of: metadata cost nothing and refuse nothing, whatever they hold.
/// As Pillow does, it passes over chunks that it doesn't know, and over a header's copy; the checksums of
/// header and palette count, those of the pixels don't, which zlib checks by one of its own.
final class PNGReader {
  let context: OpaquePointer
  private let bytes: UnsafeBufferPointer<UInt8>
  /// What is handed over next, and the end of the signature or chunk that it belongs to.
  private var position = 0
  private var end = PNGReader.signatureLength
  /// What is handed over in place of the last four bytes ahead of `end`, where pixels are at hand: the checksum
  /// that is due. Told to ignore those of the file, libspng would ignore zlib's too.
  private var checksum: [UInt8] = []
  private let keepsPalette: Bool
  /// Whether a checksum that counts was wrong.
  private var hasDamage = false

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
      if position == end, !findChunk() {
        return Int32((hasDamage ? SPNG_IO_ERROR : SPNG_IO_EOF).rawValue)
      }
      let stored = end - checksum.count
      let piece = min(count - copied, (position < stored ? stored : end) - position)
      let destination = UnsafeMutableRawBufferPointer(start: target + copied, count: piece)
      if position < stored {
        destination.copyMemory(
          from: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[position..<(position + piece)])
        )
      } else {
        destination.copyBytes(from: checksum[(position - stored)..<(position - stored + piece)])
      }
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
      checksum = []
      switch type {
      case Self.imageType:
        replaceChecksum(length: length)
        return true
      case Self.endType: return true
      case Self.headerType where !isCopyOfHeader: return isIntact(length: length)
      case Self.paletteType where keepsPalette: return isIntact(length: length)
      default: position = end
      }
    }
    return false
  }

  /// Whether the chunk at hand repeats the file's first.
  private var isCopyOfHeader: Bool {
    let first = Self.signatureLength..<(Self.signatureLength + 25)
    return position > first.lowerBound && end <= bytes.count && end - position == first.count
      && bytes[position..<end].elementsEqual(bytes[first])
  }

  /// Whether the checksum of the chunk at hand is right, or not there; `hasDamage` says where it is wrong.
  private func isIntact(length: Int) -> Bool {
    guard end - position == 12 + length, let start = bytes.baseAddress else { return true }
    // Its type and contents; their length is one of 32 bits.
    hasDamage = Int(crc32(0, start + position + 4, UInt32(clamping: 4 + length))) != integer(at: end - 4)
    return !hasDamage
  }

  /// Makes the checksum of the chunk at hand right, even where the file ends ahead of it.
  private func replaceChecksum(length: Int) {
    guard position + 8 + length <= bytes.count, let start = bytes.baseAddress else { return }
    end = position + 12 + length
    let due = crc32(0, start + position + 4, UInt32(clamping: 4 + length))
    checksum = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: due >> $0) }
  }

  private static let headerType = 0x4948_4452
  private static let paletteType = 0x504C_5445
  private static let imageType = 0x4944_4154
  private static let endType = 0x4945_4E44

  private func integer(at offset: Int) -> Int? {
    guard offset + 4 <= bytes.count else { return nil }
    return bytes[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int($1) }
  }
}
