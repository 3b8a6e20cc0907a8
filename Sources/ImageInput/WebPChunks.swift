/// The chunks of a WebP container that pixels and orientation need.
struct WebPChunks {
  /// Where the first chunk of coded pixels lies, its name included; nil when it is not there.
  private(set) var bitstream: Range<Int>?
  /// What that chunk holds, and whether it is lossless.
  private(set) var payload: ByteReader?
  private(set) var isLossless = false
  /// Where the pixels lie on the canvas: an animation's first frame need not fill it.
  private(set) var frameOrigin: (x: Int, y: Int) = (0, 0)
  private(set) var exif: ByteReader?
  private(set) var xmp: ByteReader?
  /// Whether the file is as long as it says.
  let isComplete: Bool

  private static let exifFlag: UInt8 = 0x08
  private static let xmpFlag: UInt8 = 0x04
  /// Bytes that say where an animation's frame lies and how long it is shown, ahead of its own chunks.
  private static let frameHeadLength = 16

  init(_ file: ByteReader) {
    let said = 8 + (file.uint32(at: 4, .little) ?? 0)
    isComplete = said <= file.count
    let flags = file.matches("VP8X", at: 12) ? file.byte(at: 20) ?? 0 : 0
    var offset = 12
    while let length = file.uint32(at: offset + 4, .little) {
      guard let payload = file.slice(at: offset + 8, length: length) else { return }
      if bitstream == nil {
        if file.matches("ANMF", at: offset) {
          findPixels(ofFrame: payload, at: offset + 8)
        } else {
          keepPixels(file, at: offset, payload, base: 0)
        }
      }
      if flags & Self.exifFlag != 0, exif == nil, file.matches("EXIF", at: offset) { exif = payload }
      if flags & Self.xmpFlag != 0, xmp == nil, file.matches("XMP ", at: offset) { xmp = payload }
      // Chunks are padded to an even length.
      offset += 8 + length + length % 2
    }
  }

  private mutating func findPixels(ofFrame frame: ByteReader, at base: Int) {
    guard let x = frame.uint24(at: 0), let y = frame.uint24(at: 3) else { return }
    frameOrigin = (2 * x, 2 * y)
    var offset = Self.frameHeadLength
    while bitstream == nil, let length = frame.uint32(at: offset + 4, .little),
      let payload = frame.slice(at: offset + 8, length: length)
    {
      keepPixels(frame, at: offset, payload, base: base)
      offset += 8 + length + length % 2
    }
  }

  private mutating func keepPixels(_ container: ByteReader, at offset: Int, _ payload: ByteReader, base: Int)
  {
    isLossless = container.matches("VP8L", at: offset)
    guard isLossless || container.matches("VP8 ", at: offset) else { return }
    bitstream = (base + offset)..<(base + offset + 8 + payload.count)
    self.payload = payload
  }
}

extension ByteReader {
  /// WebP's numbers of three bytes.
  fileprivate func uint24(at offset: Int) -> Int? {
    guard let low = uint16(at: offset, .little), let high = byte(at: offset + 2) else { return nil }
    return low | Int(high) << 16
  }
}
