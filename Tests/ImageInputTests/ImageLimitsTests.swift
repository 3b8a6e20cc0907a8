import Foundation
import ImageInput
import TestSupport
import Testing

@Suite struct ImageLimitsTests {
  /// A JPEG whose header says another size.
  private func jpeg(_ file: String = "444.jpg", width: Int, height: Int) throws -> [UInt8] {
    var bytes = try Samples.fixture(file)
    let markers: Set<UInt8> = [0xC0, 0xC2]
    let frame = try #require(
      bytes.indices.dropLast().first { bytes[$0] == 0xFF && markers.contains(bytes[$0 + 1]) })
    for (offset, byte) in [(5, height >> 8), (6, height), (7, width >> 8), (8, width)] {
      bytes[frame + offset] = UInt8(truncatingIfNeeded: byte)
    }
    return bytes
  }

  /// What phones, cameras and stitched panoramas make.
  @Test(arguments: [(8160, 6144), (8192, 6144), (6144, 8192), (20_000, 2400), (65_500, 768), (7728, 5152)])
  func photosAreTakenByDefault(width: Int, height: Int) throws {
    let head = try ImageDecoder(preprocessing: .make()).head(of: jpeg(width: width, height: height))
    #expect((head.width, head.height) == (width, height))
    #expect(head.decodingByteCount < 16 << 20)
    let progressive = try jpeg("progressive.jpg", width: width, height: height)
    #expect(try ImageDecoder(preprocessing: .make()).head(of: progressive).scanCount == 10)
  }

  @Test func largerOnesAreNamed() throws {
    let decoder = try ImageDecoder(preprocessing: .make())
    #expect(throws: ImageError.tooManyPixels(width: 8193, height: 6144, limit: 50_331_648)) {
      try decoder.head(of: jpeg(width: 8193, height: 6144))
    }
    let narrow = try ImageDecoder(preprocessing: .make(), limits: ImageLimits(maxSide: 8191))
    #expect(throws: ImageError.sideTooLong(width: 8192, height: 6144, limit: 8191)) {
      try narrow.head(of: jpeg(width: 8192, height: 6144))
    }
  }

  @Test func scansFollowFromPixels() {
    let limits = ImageLimits(maxPixels: 1000, maxJPEGScans: 16)
    #expect(limits.scans(pixelCount: 1000) == 16)
    #expect(limits.scans(pixelCount: 500) == 32)
    #expect(limits.scans(pixelCount: 300) == 53)
    #expect(limits.scans(pixelCount: 1) == 512)
    #expect(limits.scans(pixelCount: 100_000) == 1)
    #expect(ImageLimits(maxPixels: 250_000_000).scans(pixelCount: 64_000_000) == 62)
  }

  @Test func noSettingOverflows() {
    let largest = ImageLimits(maxPixels: .max, maxSide: .max, maxJPEGScans: .max)
    #expect(largest.scans(pixelCount: 1) > 1 << 40)
    #expect(largest.decodingByteLimit > 1 << 60)
    #expect(throws: ImageError.tooManyPixels(width: 1 << 40, height: 1 << 40, limit: .max)) {
      try largest.check(width: 1 << 40, height: 1 << 40, format: .png)
    }
    #expect(ImageLimits(maxPixels: 0, maxJPEGScans: 0).scans(pixelCount: 1) == 1)
    #expect(ImageLimits(maxPixels: 1_000_000).decodingByteLimit == 10_000_000 + 64 << 20)
  }

  @Test(
    .enabled(if: sharedFolder != nil),
    arguments: [
      ("pixel50mp.jpg", 8160, 6144), ("pano20000.jpg", 20_000, 2400),
    ])
  func reportedPhotosAreDecodedByDefault(file: String, width: Int, height: Int) throws {
    let bytes = try Samples.bytes(URL(filePath: shared("cases/photos/" + file)))
    let decoder = try ImageDecoder(preprocessing: .make(), mode: .fast)
    let head = try decoder.head(of: bytes)
    #expect((head.width, head.height) == (width, height))
    #expect(try decoder.pixels(from: bytes).width == 24)
  }

  /// The same photo in one scan and in several.
  @Test(.enabled(if: sharedFolder != nil)) func scansDoNotLimitALargePhoto() throws {
    let limits = ImageLimits(maxPixels: 250_000_000)
    let decoder = try ImageDecoder(preprocessing: .make(), limits: limits, mode: .fast)
    let images = try ["base", "prog"].map { kind in
      try decoder.pixels(from: Samples.bytes(URL(filePath: shared("cases/photos/phone64mp_\(kind).jpg"))))
    }
    let differences = zip(images[0].pixels, images[1].pixels).map { abs(Int($0) - Int($1)) }
    #expect(differences.max() ?? 255 <= 8)
  }

  /// Metadata beyond any limit, and a palette of 257 colours that is only suggested.
  @Test(.enabled(if: sharedFolder != nil)) func metadataDoNotLimitAPhoto() throws {
    let decoder = try ImageDecoder(preprocessing: .make())
    let plain = try decoder.pixels(
      from: Samples.bytes(URL(filePath: shared("cases/photos/no_iend.png"))) + iend)
    for file in ["text_1010", "zero_eXIf", "plte_too_long"] {
      let bytes = try Samples.bytes(URL(filePath: shared("cases/photos/\(file).png")))
      #expect(try decoder.pixels(from: bytes) == plain, "\(file)")
    }
  }

  private var iend: [UInt8] { [0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82] }
}
