/// What the prefix codes of a lossless WebP take when it is decoded.
///
/// The colours of each block of pixels have one of up to 65 536 groups of five codes. libwebp makes tables of
/// all groups before the first pixel, so that a file of 300 kB can ask for a gigabyte. The head of the file
/// does not tell; what stands before the codes must be read: the images, at most a sixteenth of the size, that
/// transforms and the choice of the group are given by. Only their bits are passed over; no pixel is made.
enum VP8LCodes {
  /// The most bytes that codes may take: those of 2600 groups, more than which libwebp's encoder never makes,
  /// or of one for 4 × 4 pixels.
  static func byteLimit(width: Int, height: Int) -> Int {
    min(2600, blocks(width, 2) * blocks(height, 2) + 1) * groupByteCount(cacheBits: longestCacheBits)
  }

  /// What libwebp allocates for the codes of `file`.
  /// - Parameter file: the payload of a `VP8L` chunk.
  /// - Throws: `.truncated` or `.corrupt`, as libwebp would.
  static func byteCount(_ file: ByteReader) throws(ImageError) -> Int {
    // Behind the signature: width, height, alpha and version.
    var bits = VP8LBits(file, at: 1)
    var width = try bits.read(14) + 1
    let height = try bits.read(14) + 1
    _ = try bits.read(4)
    var seen = Set<Int>()
    while try bits.readFlag() {
      let transform = try bits.read(2)
      guard seen.insert(transform).inserted else {
        throw .corrupt(.webp, "its coded data make no sense")
      }
      switch transform {
      case 0, 1:
        let size = try bits.read(3) + 2
        _ = try passImage(&bits, pixelCount: blocks(width, size) * blocks(height, size))
      case 3:
        let count = try bits.read(8) + 1
        _ = try passImage(&bits, pixelCount: count)
        width = blocks(width, count > 16 ? 0 : count > 4 ? 1 : count > 2 ? 2 : 3)
      default: break
      }
    }
    let cacheBits = try readCacheBits(&bits)
    var groups = 1
    if try bits.readFlag() {
      let size = try bits.read(3) + 2
      groups = try passImage(&bits, pixelCount: blocks(width, size) * blocks(height, size))
    }
    return groups * groupByteCount(cacheBits: cacheBits)
  }

  private static let longestCacheBits = 11

  /// A group's tables (`kTableSize` in vp8l_dec.c, 4 bytes an entry) and its `HTreeGroup`.
  private static func groupByteCount(cacheBits: Int) -> Int {
    let green = [654, 656, 658, 662, 670, 686, 718, 782, 912, 1168, 1680, 2704][cacheBits]
    return 4 * (3 * 630 + 410 + green) + 568
  }

  private static func readCacheBits(_ bits: inout VP8LBits) throws(ImageError) -> Int {
    guard try bits.readFlag() else { return 0 }
    let count = try bits.read(4)
    guard (1...longestCacheBits).contains(count) else {
      throw .corrupt(.webp, "its coded data make no sense")
    }
    return count
  }

  /// Blocks of 2ᵇ samples along an axis.
  private static func blocks(_ samples: Int, _ b: Int) -> Int { (samples + 1 << b - 1) >> b }

  /// Passes over an image that has one group of codes.
  /// - Returns: groups that its pixels, red and green of each, may name: no more than the largest number
  ///   says, nor than there are pixels that are written out; all others repeat those.
  private static func passImage(_ bits: inout VP8LBits, pixelCount: Int) throws(ImageError) -> Int {
    let cacheSize = try readCacheBits(&bits)
    let green = try bits.readCode(symbolCount: 256 + 24 + (cacheSize > 0 ? 1 << cacheSize : 0))
    let red = try bits.readCode(symbolCount: 256)
    let blue = try bits.readCode(symbolCount: 256)
    let alpha = try bits.readCode(symbolCount: 256)
    let distance = try bits.readCode(symbolCount: 40)
    var (pixel, written, largest) = (0, 0, 0)
    while pixel < pixelCount {
      let symbol = try bits.read(green)
      if symbol < 256 {
        largest = max(largest, try bits.read(red) << 8 | symbol)
        _ = try bits.read(blue)
        _ = try bits.read(alpha)
        written += 1
        pixel += 1
      } else if symbol < 256 + 24 {
        pixel += try readCount(&bits, symbol: symbol - 256)
        let far = try bits.read(distance)
        _ = try readCount(&bits, symbol: far)
      } else {
        pixel += 1
      }
    }
    return min(largest, written) + 1
  }

  /// A length or a distance: its symbol says how many more bits follow.
  private static func readCount(_ bits: inout VP8LBits, symbol: Int) throws(ImageError) -> Int {
    guard symbol >= 4 else { return symbol + 1 }
    guard symbol < 40 else { throw .corrupt(.webp, "its coded data make no sense") }
    let extra = (symbol - 2) >> 1
    return (2 + symbol & 1) << extra + (try bits.read(extra)) + 1
  }
}
