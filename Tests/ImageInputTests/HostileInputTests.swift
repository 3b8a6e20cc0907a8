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
            // RIFF pads to even lengths: a WebP may lose its last byte and be whole. So is a PNG without
            // the 12 bytes of its end, the 4 of its pixels' checksum and the 4 of zlib's, and a few bits.
            let cut = bytes.count - end
            let mayBeWhole = file.hasSuffix(".webp") ? cut <= 2 : file.hasSuffix(".png") && cut <= 22
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
    #expect(failure(Array("RIFF....WAVEfmt ".utf8), decoder) == .unknownFormat)
    let named: [(ForeignFormat, [UInt8])] = [
      (.gif, Array("GIF89a..........".utf8)), (.bmp, Array("BM6\0\0\0\0\0\0\0".utf8)),
      (.heic, Array("\0\0\0\u{18}ftypheic".utf8)), (.avif, Array("\0\0\0\u{18}ftypavif".utf8)),
      (.video, Array("\0\0\0\u{18}ftypisom".utf8)), (.tiff, Array("II*\0\u{8}\0\0\0".utf8)),
      (.raw, Array("II*\0\u{10}\0\0\0CR\u{2}\0".utf8)), (.raw, Array("FUJIFILMCCD-RAW 0201".utf8)),
      (.jpegXL, [0xFF, 0x0A, 0, 0]), (.jpegXL, Array("\0\0\0\u{C}JXL \r\n".utf8)),
      (.jpeg2000, Array("\0\0\0\u{C}jP  \r\n".utf8)), (.jpeg2000, [0xFF, 0x4F, 0xFF, 0x51]),
      (.ico, [0, 0, 1, 0, 2, 0]), (.psd, Array("8BPS\0\u{1}".utf8)), (.pdf, Array("%PDF-1.7".utf8)),
      (.svg, Array("<?xml version=\"1.0\"?>\n<svg xmlns=...>".utf8)),
      (.html, Array("\n<!DOCTYPE html>".utf8)),
      (.gzip, [0x1F, 0x8B, 8, 0]), (.json, Array(" {\"image\": 1}".utf8)),
      (.base64, Array("/9j/4AAQSk".utf8)),
      (.base64, Array("iVBORw0KGgoAAAA".utf8)), (.dataURL, Array("data:image/png;base64,iVBO".utf8)),
    ]
    for (format, bytes) in named {
      #expect(failure(bytes, decoder) == .foreign(format))
      #expect(ImageError.foreign(format).category == .unsupported)
    }
    #expect(Set(named.map(\.0)) == Set(ForeignFormat.allCases))
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

  /// Pillow's rule: those of the header and of the palette, and zlib's of the pixels; those of the chunks that
  /// hold the pixels, and of the end, are not looked at.
  @Test func pngChecksumsCountWhereTheyCountForPillow() throws {
    let decoder = try ImageDecoder(preprocessing: .make())
    let whole = try Samples.fixture("rgb.png")
    let pixels = try decoder.pixels(from: whole)
    for place in [whole.count - 1, whole.count - 13] {
      var bytes = whole
      bytes[place] ^= 1
      #expect(try decoder.pixels(from: bytes) == pixels)
    }
    var bytes = whole
    bytes[whole.count - 17] ^= 1
    #expect(failure(bytes, decoder)?.category == .undecodable, "zlib's checksum")
    bytes = whole
    bytes[29] ^= 1
    #expect(failure(bytes, decoder) == .corrupt(.png, "a checksum does not match"))
  }

  /// Fixtures whose names end in the category that is due.
  @Test func dishonestFilesAreRefused() throws {
    let decoder = try ImageDecoder(preprocessing: .make())
    let folder = Samples.fixtures.appendingPathComponent("refused")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(files.count == 8)
    for file in files {
      let error = failure(try Samples.bytes(folder.appendingPathComponent(file)), decoder)
      let due = try #require(file.split(separator: ".").last)
      #expect(error.map { "\($0.category)" } == String(due), "\(file): \(error?.description ?? "decoded")")
    }
  }

  @Test func descriptionsSayWhatWasExpectedAndFound() {
    let errors: [ImageError] = [
      .empty, .unknownFormat, .foreign(.heic), .unsupported(.jpeg, "arithmetic coding"), .truncated(.png),
      .corrupt(.jpeg, "x"),
      .sideTooLong(width: 2, height: 1, limit: 1), .tooManyPixels(width: 2, height: 1, limit: 1),
      .tooManyScans(limit: 3), .tooMuchMemory(.jpeg),
      .preprocessing(field: "std", expected: "3 values", found: "2"),
    ]
    for error in errors {
      #expect(error.description.contains("expected") && error.description.contains("found"))
    }
  }
}
