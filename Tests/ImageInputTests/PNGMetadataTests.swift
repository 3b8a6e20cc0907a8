import Foundation
import ImageInput
import Testing

/// Metadata of any number and size: passed over, and the picture answered.
@Suite struct PNGMetadataTests {
  /// A chunk whose checksum is wrong, which is nobody's business when nobody reads it.
  private func chunk(_ type: String, _ payload: [UInt8]) -> [UInt8] {
    let length = (0..<4).map { UInt8(truncatingIfNeeded: payload.count >> (24 - 8 * $0)) }
    return length + Array(type.utf8) + payload + [0, 0, 0, 0]
  }

  /// A fixture with `chunks` behind its header.
  private func picture(_ file: String = "rgb.png", with chunks: [[UInt8]]) throws -> [UInt8] {
    let bytes = try Samples.fixture(file)
    return chunks.reduce(into: Array(bytes[0..<33])) { $0 += $1 } + bytes[33...]
  }

  private func expectUnchanged(_ chunks: [[UInt8]]) throws {
    let decoder = try ImageDecoder(preprocessing: .make())
    let plain = try decoder.pixels(from: try Samples.fixture("rgb.png"))
    let bytes = try picture(with: chunks)
    #expect(try decoder.pixels(from: bytes) == plain)
    #expect(try decoder.head(of: bytes).width == 48)
  }

  @Test func manyAndLargeTextsChangeNothing() throws {
    try expectUnchanged(Array(repeating: chunk("tEXt", Array("k\0v".utf8)), count: 5000))
    try expectUnchanged([chunk("tEXt", Array("k\0".utf8) + Array(repeating: 0x76, count: 9 << 20))])
    try expectUnchanged([chunk("iTXt", []), chunk("tEXt", []), chunk("zTXt", Array("k\0\u{1}".utf8))])
  }

  @Test func nonsenseInAncillaryChunksChangesNothing() throws {
    try expectUnchanged([chunk("eXIf", [])])
    try expectUnchanged([chunk("eXIf", [1, 2, 3]), chunk("eXIf", [])])
    try expectUnchanged([chunk("gAMA", [0, 0, 0, 0]), chunk("sPLT", [0]), chunk("tRNS", [1])])
    try expectUnchanged([chunk("cHRM", []), chunk("iCCP", [0, 0]), chunk("hIST", [])])
  }

  /// A palette is a suggestion beside colours, and counts where pixels are indices.
  @Test func suggestedPaletteMayBeAnything() throws {
    try expectUnchanged([chunk("PLTE", Array(repeating: 7, count: 3 * 257))])
    try expectUnchanged([chunk("PLTE", [1])])
    let decoder = try ImageDecoder(preprocessing: .make())
    let bytes = try picture("palette_8.png", with: [chunk("PLTE", Array(repeating: 7, count: 3 * 257))])
    #expect(throws: ImageError.self) { try decoder.pixels(from: bytes) }
  }

  /// The format's rule is to refuse them; Pillow's and every viewer's is to pass over them.
  @Test func unknownCriticalChunksChangeNothing() throws { try expectUnchanged([chunk("NEWs", [1])]) }

  /// 9 MiB once inflated, which nobody does.
  @Test(arguments: ["ztxt_bomb.png", "iccp_bomb.png"]) func bombsAreNotInflated(_ file: String) throws {
    let preprocessing = Preprocessing.make()
    let bytes = try Samples.fixture("metadata/" + file)
    let image = try ImageDecoder(preprocessing: preprocessing).pixels(from: bytes)
    #expect(image.pixels.allSatisfy { $0 == 0 })
    #expect(try ImageDecoder(preprocessing: preprocessing).head(of: bytes).decodingByteCount < 1 << 20)
  }
}
