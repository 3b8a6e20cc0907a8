import CAllocationCounter
import ImageInput
import Testing

/// A lossless WebP that names as many groups of prefix codes as it likes.
@Suite struct WebPCodesTests {
  /// Bits, lowest first in each byte.
  private struct BitWriter {
    private(set) var bytes: [UInt8] = []
    private var count = 0

    mutating func write(_ value: Int, _ width: Int) {
      for bit in 0..<width {
        if count.isMultiple(of: 8) { bytes.append(0) }
        bytes[count / 8] |= UInt8(value >> bit & 1) << UInt8(count % 8)
        count += 1
      }
    }

    /// A code of the one symbol 0.
    mutating func writeTrivialCode() { write(1, 4) }

    /// A code of 256 symbols of 8 bits each, whose lengths take no bits.
    mutating func writeByteCode() {
      write(0, 1)
      // The lengths of 12 lengths: 1 for the last of them, which is 8.
      write(8, 4)
      for place in 0..<12 { write(place == 11 ? 1 : 0, 3) }
      // 2 + 254 symbols follow, which 8 bits say.
      write(1, 1)
      write(3, 3)
      write(254, 8)
    }

    /// A symbol of that code: its highest bit comes first.
    mutating func writeByte(_ value: Int) {
      for bit in (0..<8).reversed() { write(value >> bit & 1, 1) }
    }
  }

  /// A black picture of `side` × `side`, each 4 × 4 pixels of which have a group of their own, up to `groups`.
  private func picture(side: Int, groups: Int) -> [UInt8] {
    var bits = BitWriter()
    bits.write(0x2F, 8)
    bits.write(side - 1, 14)
    bits.write(side - 1, 14)
    bits.write(0, 4)
    // No transform, no cache of colours; groups for blocks of 2² pixels.
    bits.write(0b100, 3)
    bits.write(0, 3)
    bits.write(0, 1)
    bits.writeByteCode()
    bits.writeByteCode()
    for _ in 0..<3 { bits.writeTrivialCode() }
    let blocks = (side + 3) / 4
    for block in 0..<(blocks * blocks) {
      let group = block % groups
      bits.writeByte(group & 0xFF)
      bits.writeByte(group >> 8)
    }
    for _ in 0..<(5 * groups) { bits.writeTrivialCode() }
    bits.write(0, 64)
    func little(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    let coded = bits.bytes + (bits.bytes.count.isMultiple(of: 2) ? [] : [0])
    return Array("RIFF".utf8) + little(12 + coded.count) + Array("WEBPVP8L".utf8) + little(coded.count)
      + coded
  }

  @Test func whatAnEncoderMayWriteIsTaken() throws {
    let decoder = try ImageDecoder(preprocessing: .make())
    for groups in [1, 2, 600] {
      let bytes = picture(side: 100, groups: groups)
      let head = try decoder.head(of: bytes)
      #expect(head.coding == .losslessWebP)
      allocation_peak_reset()
      #expect(try decoder.pixels(from: bytes).pixels.allSatisfy { $0 == 0 })
      #expect(allocation_peak() <= head.decodingByteCount)
    }
    _ = try decoder.pixels(from: picture(side: 240, groups: 2599))
  }

  /// 65 536 groups would take 600 MB for a picture of one megapixel.
  @Test func moreAreRefusedBeforeTheyTakeMemory() throws {
    let decoder = try ImageDecoder(preprocessing: .make())
    let bytes = picture(side: 1024, groups: 65_536)
    #expect(bytes.count < 300_000)
    let head = try decoder.head(of: bytes)
    #expect(head.decodingByteCount < 72 << 20)
    allocation_peak_reset()
    #expect(throws: ImageError.tooMuchMemory(.webp)) { try decoder.pixels(from: bytes) }
    #expect(allocation_peak() < 1 << 20)
  }
}
