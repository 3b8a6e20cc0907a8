import Foundation
import ImageInput
import Testing

/// Damaged and dishonest files: they may be refused, never crash.
@Suite struct HostileInputTests {
  /// SplitMix64, so that a failure can be repeated.
  private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var value = state
      value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
      return value ^ (value >> 31)
    }
  }

  private static let folders = [Samples.fixtures] + (Samples.hasGolden ? [Samples.golden] : [])

  private func decoders() throws -> [ImageDecoder] {
    try DecodeMode.allCases.map { mode in
      try ImageDecoder(
        preprocessing: .make(), limits: ImageLimits(maxPixels: 4_000_000), mode: mode)
    }
  }

  /// The error of a decode, or nil when it succeeds.
  private func failure(_ bytes: [UInt8], _ decoder: ImageDecoder) -> ImageError? {
    do {
      let image = try decoder.pixels(from: bytes)
      #expect(image.pixels.count == image.width * image.height * 3)
      return nil
    } catch {
      return error
    }
  }

  @Test func everyTruncationIsAnError() throws {
    let decoders = try decoders()
    for folder in Self.folders {
      for file in Samples.images(in: folder) {
        let bytes = try Samples.bytes(folder.appendingPathComponent(file))
        let step = max(1, bytes.count / 40)
        let ends = Array(stride(from: 0, to: bytes.count, by: step)) + [bytes.count - 2, bytes.count - 1]
        for end in ends {
          for decoder in decoders {
            let found = failure(Array(bytes[0..<end]), decoder)
            // RIFF pads to even lengths: a WebP may lose its last byte and be whole.
            let mayBeWhole = file.hasSuffix(".webp") && end >= bytes.count - 2
            #expect(found != nil || mayBeWhole, "\(file) cut at \(end) of \(bytes.count)")
          }
        }
      }
    }
  }

  @Test func flippedBytesReturnOrThrow() throws {
    var generator = Generator(state: 20_240_817)
    let decoders = try decoders()
    for folder in Self.folders {
      for file in Samples.images(in: folder) {
        let bytes = try Samples.bytes(folder.appendingPathComponent(file))
        for round in 0..<60 {
          var damaged = bytes
          // Headers deserve more than their share of the damage.
          let reach = round.isMultiple(of: 2) ? min(bytes.count, 700) : bytes.count
          for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let place = Int.random(in: 0..<reach, using: &generator)
            damaged[place] = UInt8.random(in: 0...255, using: &generator)
          }
          for decoder in decoders { _ = failure(damaged, decoder) }
        }
      }
    }
  }

  @Test func formatsThatAreNotReadAreNamed() throws {
    let decoder = try ImageDecoder(preprocessing: .make())
    #expect(failure([], decoder) == .empty)
    for text in ["GIF89a..........", "BM..............", "<svg xmlns=...>", "RIFF....WAVEfmt "] {
      #expect(failure(Array(text.utf8), decoder) == .unknownFormat)
    }
    #expect(failure([0xFF, 0xD8], decoder) == .unknownFormat)
    #expect(failure([0xFF, 0xD8, 0xFF], decoder)?.category == .undecodable)
  }

  @Test func unusualJPEGCodingsAreUnsupported() throws {
    let decoder = try ImageDecoder(preprocessing: .make())
    let bytes = try Samples.fixture("444.jpg")
    let frame = try #require(zip(bytes, bytes.dropFirst()).enumerated().first { $1 == (0xFF, 0xC0) }?.offset)
    for marker: UInt8 in [0xC3, 0xC9, 0xCA, 0xC5] {
      var changed = bytes
      changed[frame + 1] = marker
      #expect(failure(changed, decoder)?.category == .unsupported, "SOF \(marker)")
    }
    var deep = bytes
    deep[frame + 4] = 12
    #expect(failure(deep, decoder)?.category == .unsupported)
  }

  @Test func hugeHeadersAreTooLarge() throws {
    let decoder = try ImageDecoder(preprocessing: .make())
    var jpeg = try Samples.fixture("progressive.jpg")
    let frame = try #require(zip(jpeg, jpeg.dropFirst()).enumerated().first { $1 == (0xFF, 0xC2) }?.offset)
    for index in 5...8 { jpeg[frame + index] = 0xFF }
    #expect(failure(jpeg, decoder)?.category == .tooLarge)
    for index in [5, 7] { jpeg[frame + index] = 0x3F }
    #expect(failure(jpeg, decoder)?.category == .tooLarge)
    for index in 5...8 { jpeg[frame + index] = 0 }
    #expect(failure(jpeg, decoder)?.category == .undecodable)
  }

  @Test func scansAreCounted() throws {
    let limits = ImageLimits(maxPixels: 48 * 36, maxJPEGScans: 4)
    let decoder = try ImageDecoder(preprocessing: .make(), limits: limits)
    #expect(failure(try Samples.fixture("progressive.jpg"), decoder) == .tooManyScans(limit: 4))
    #expect(failure(try Samples.fixture("444.jpg"), decoder) == nil)
  }

  @Test func pngChecksumsCount() throws {
    let decoder = try ImageDecoder(preprocessing: .make())
    var bytes = try Samples.fixture("rgb.png")
    bytes[bytes.count - 1] ^= 1
    #expect(failure(bytes, decoder)?.category == .undecodable)
    bytes = try Samples.fixture("rgb.png")
    bytes[29] ^= 1
    #expect(failure(bytes, decoder) == .corrupt(.png, "a checksum does not match"))
  }

  /// Fixtures whose names end in the category that is due.
  @Test func dishonestFilesAreRefused() throws {
    let decoder = try ImageDecoder(preprocessing: .make())
    let folder = Samples.fixtures.appendingPathComponent("refused")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(files.count == 9)
    for file in files {
      let error = failure(try Samples.bytes(folder.appendingPathComponent(file)), decoder)
      let due = try #require(file.split(separator: ".").last)
      #expect(error.map { "\($0.category)" } == String(due), "\(file): \(error?.description ?? "decoded")")
    }
  }

  @Test func descriptionsSayWhatWasExpectedAndFound() {
    let errors: [ImageError] = [
      .empty, .unknownFormat, .unsupported(.webp, "an animation"), .truncated(.png), .corrupt(.jpeg, "x"),
      .sideTooLong(width: 2, height: 1, limit: 1), .tooManyPixels(width: 2, height: 1, limit: 1),
      .tooManyScans(limit: 3), .tooMuchMemory(.jpeg),
      .preprocessing(field: "std", expected: "3 values", found: "2"),
    ]
    for error in errors {
      #expect(error.description.contains("expected") && error.description.contains("found"))
    }
  }
}
