import CAllocationCounter
import Foundation
import ImageInput
import Testing

@Suite struct ImageHeadTests {
  /// What Pillow wrote, by file.
  @Test(arguments: [
    ("444.jpg", ImageHead.Coding.sequentialJPEG, 48, 36, 1), ("odd.jpg", .sequentialJPEG, 47, 35, 1),
    ("cmyk.jpg", .sequentialJPEG, 48, 36, 1), ("exif_6.jpg", .sequentialJPEG, 48, 36, 1),
    // libjpeg's script for three components has ten scans.
    ("progressive.jpg", .progressiveJPEG, 48, 36, 10), ("1x3000.png", .png, 1, 3000, 1),
    ("interlaced.png", .interlacedPNG, 48, 36, 1), ("lossy.webp", .lossyWebP, 48, 36, 1),
    ("alpha.webp", .lossyWebP, 48, 36, 1), ("lossless_alpha.webp", .losslessWebP, 48, 36, 1),
  ])
  func headSaysWhatTheFileIs(
    file: String, coding: ImageHead.Coding, width: Int, height: Int, scans: Int
  ) throws {
    let head = try ImageDecoder(preprocessing: .make()).head(of: Samples.fixture(file))
    #expect(head.coding == coding)
    #expect(head.format == coding.format)
    #expect((head.width, head.height) == (width, height))
    #expect(head.pixelCount == width * height)
    #expect(head.scanCount == scans)
    #expect(head.outputPixelCount == 24 * 24)
  }

  /// What the head refuses and what decoding refuses are the same as far as the head reaches.
  @Test func headAndDecodingAgree() throws {
    let decoder = try ImageDecoder(preprocessing: .make())
    let folders = ["", "large", "metadata"].map { Samples.fixtures.appendingPathComponent($0) }
    for folder in folders {
      for file in Samples.images(in: folder) {
        let bytes = try Samples.bytes(folder.appendingPathComponent(file))
        _ = try decoder.head(of: bytes)
        _ = try decoder.pixels(from: bytes)
      }
    }
    let refused = Samples.fixtures.appendingPathComponent("refused")
    for file in try FileManager.default.contentsOfDirectory(atPath: refused.path) {
      let bytes = try Samples.bytes(refused.appendingPathComponent(file))
      let found = try #require(throws: ImageError.self, "\(file)") { try decoder.pixels(from: bytes) }
      // Only what lacks pixels has a sound head.
      guard !file.contains("idat") else { continue }
      #expect(throws: found, "\(file)") { try decoder.head(of: bytes) }
    }
  }

  @Test func partsOfABodyAreReadWhereTheyLie() throws {
    let decoder = try ImageDecoder(preprocessing: .make())
    for file in Samples.images(in: Samples.fixtures) {
      let bytes = try Samples.fixture(file)
      let body = [0xFF, 0xD8, 0x89] + bytes + Array(repeating: UInt8(0x42), count: 4 << 20)
      let part = body[3..<(3 + bytes.count)]
      #expect(try decoder.pixels(from: part) == decoder.pixels(from: bytes), "\(file)")
      allocation_peak_reset()
      let head = try decoder.head(of: part)
      // A copy of the part alone would be fewer bytes than this, one of the body far more.
      if allocations_are_counted() { #expect(allocation_peak() < 128 << 10, "\(file)") }
      #expect(try decoder.head(of: bytes) == head)
    }
  }

  /// The bound holds, and is no more than a few times what is needed.
  @Test(.enabled(if: allocations_are_counted())) func decodingHoldsNoMoreThanTheHeadSays() throws {
    let large = Samples.fixtures.appendingPathComponent("large")
    for (folder, resize, crop) in [
      (large, 256, 224), (Samples.fixtures, 32, 24), (Samples.fixtures, 1, 1), (Samples.fixtures, 60, 80),
    ] {
      for mode in DecodeMode.allCases {
        let decoder = try ImageDecoder(
          preprocessing: .make(resizeShorter: resize, crop: crop), mode: mode)
        for file in Samples.images(in: folder) {
          let bytes = try Samples.bytes(folder.appendingPathComponent(file))
          let head = try decoder.head(of: bytes)
          allocation_peak_reset()
          let tensor = try decoder.tensor(from: bytes)
          let peak = Int(allocation_peak())
          #expect(tensor.count == crop * crop * 3)
          #expect(peak <= head.decodingByteCount, "\(file) \(resize) \(mode)")
          // The codes of a lossless WebP are bounded by what an encoder may write.
          let slack = head.coding == .losslessWebP ? 56 << 20 : 1 << 20
          #expect(head.decodingByteCount <= 4 * peak + slack, "\(file) \(resize) \(mode)")
        }
      }
    }
  }

  @Test func memoryBeyondTheLimitIsRefusedByTheHead() throws {
    let limits = ImageLimits(maxDecodingBytes: 3 << 20)
    let decoder = try ImageDecoder(preprocessing: .make(), limits: limits)
    let large = Samples.fixtures.appendingPathComponent("large")
    for (file, isTaken) in [
      ("sequential.jpg", true), ("plain.png", true), ("progressive.jpg", false), ("interlaced.png", false),
      ("lossy.webp", false), ("lossless.webp", false),
    ] {
      let bytes = try Samples.bytes(large.appendingPathComponent(file))
      guard !isTaken else {
        _ = try decoder.head(of: bytes)
        continue
      }
      let error = ImageError.tooMuchMemory(try ImageDecoder(preprocessing: .make()).head(of: bytes).format)
      #expect(throws: error) { try decoder.head(of: bytes) }
      #expect(throws: error) { try decoder.pixels(from: bytes) }
    }
  }

  @Test func workGrowsWithScansAndShrinksWithTheMode() throws {
    let exact = try ImageDecoder(preprocessing: .make())
    let fast = try ImageDecoder(preprocessing: .make(), mode: .fast)
    let large = Samples.fixtures.appendingPathComponent("large")
    let sequential = try Samples.bytes(large.appendingPathComponent("sequential.jpg"))
    let progressive = try Samples.bytes(large.appendingPathComponent("progressive.jpg"))
    #expect(try exact.head(of: progressive).work > 2 * exact.head(of: sequential).work)
    #expect(try fast.head(of: sequential).costClass == .shrunkSequentialJPEG)
    #expect(try fast.head(of: sequential).work < exact.head(of: sequential).work)
    #expect(try fast.head(of: progressive).costClass == .shrunkProgressiveJPEG)
    #expect(try fast.head(of: Samples.fixture("rgb.png")).costClass == .png)
    // Metadata are no work.
    let bomb = try Samples.fixture("metadata/ztxt_bomb.png")
    #expect(try exact.head(of: bomb).codedByteCount < 200)
  }
}
