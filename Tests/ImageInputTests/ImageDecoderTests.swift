import Foundation
import ImageInput
import Testing

/// Pixels against those of Pillow and torchvision.
@Suite struct ImageDecoderTests {
  /// Every expected tensor of a folder, `FILE:PIPELINE`: Pillow's bit for bit, TensorFlow's within a grey step.
  /// - Parameter images: where the files are.
  private func expectExact(
    in folder: URL, images: URL? = nil, file: String = "expected.safetensors"
  ) throws {
    let images = images ?? folder
    let expected = try Safetensors(folder.appendingPathComponent(file))
    let pipelines = try Samples.pipelines(in: folder)
    var compared: Set<String> = []
    for name in expected.names {
      let parts = name.split(separator: ":").map(String.init)
      let preprocessing = try #require(pipelines[parts[1]])
      let tensor = expected.bytes(name)
      let (shape, values) = try #require(tensor)
      let bytes = try Samples.bytes(images.appendingPathComponent(parts[0]))
      let image = try ImageDecoder(preprocessing: preprocessing).pixels(from: bytes)
      #expect([image.height, image.width, 3] == shape)
      let tolerance = preprocessing.antialias ? 0 : 1
      let wrong = zip(image.pixels, values).count { abs(Int($0) - Int($1)) > tolerance }
      #expect(wrong == 0, "\(name): \(wrong) of \(values.count) bytes differ")
      compared.insert(parts[0])
    }
    if images == folder { #expect(compared.sorted() == Samples.images(in: folder)) }
  }

  @Test func fixturesAreExact() throws { try expectExact(in: Samples.fixtures) }

  /// Files that are damaged and still seen by Pillow, turned by unusual metadata, or animated.
  @Test func unusualFilesAreAsPillowSeesThem() throws {
    try expectExact(in: Samples.fixtures.appendingPathComponent("unusual"))
  }

  /// Each of Pillow's filters, to both sides.
  @Test func squashesAreExact() throws {
    try expectExact(in: Samples.fixtures.appendingPathComponent("squash"))
  }

  @Test(.enabled(if: Samples.hasGolden)) func goldenImagesAreExact() throws {
    try expectExact(in: Samples.golden)
  }

  @Test(.enabled(if: Samples.hasGolden)) func goldenSquashesAreExact() throws {
    try expectExact(
      in: Samples.golden.deletingLastPathComponent().appendingPathComponent("squash"), images: Samples.golden,
      file: "squash.safetensors")
  }

  /// Photos of the kinds that bug reports are about.
  @Test(.enabled(if: Samples.hasCases)) func casesAreAsPillowSeesThem() throws {
    try expectExact(in: Samples.fixtures.appendingPathComponent("cases"), images: Samples.cases)
  }

  /// Pillow refuses it too: its last rows might be missing.
  @Test(.enabled(if: Samples.hasCases)) func aJPEGWithoutItsEndIsRefused() throws {
    let bytes = try Samples.bytes(Samples.cases.appendingPathComponent("no_eoi.jpg"))
    let decoder = try ImageDecoder(preprocessing: .make())
    #expect(throws: ImageError.truncated(.jpeg)) { try decoder.pixels(from: bytes) }
  }

  @Test(.enabled(if: Samples.hasCases), arguments: ["pano20000.jpg", "pixel50mp.jpg"])
  func largePhotosAreWithinTheDefaults(_ file: String) throws {
    let bytes = try Samples.bytes(Samples.cases.appendingPathComponent(file))
    #expect(try ImageDecoder(preprocessing: .make()).head(of: bytes).pixelCount > 47_000_000)
  }

  @Test func tensorIsTheNormalisedCrop() throws {
    let preprocessing = Preprocessing.make(mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225])
    let decoder = try ImageDecoder(preprocessing: preprocessing)
    let bytes = try Samples.fixture("rgb.png")
    let pixels = try decoder.pixels(from: bytes).pixels
    let tensor = try decoder.tensor(from: bytes)
    #expect(tensor.count == 24 * 24 * 3)
    for (index, value) in tensor.enumerated() {
      let channel = index % 3
      #expect(
        value == (Float(pixels[index]) / 255 - preprocessing.mean[channel]) / preprocessing.std[channel])
    }
  }

  @Test func fastIsExactForOtherThanJPEG() throws {
    let preprocessing = Preprocessing.make(resizeShorter: 8, crop: 8)
    for file in ["rgb.png", "lossy.webp"] {
      let bytes = try Samples.fixture(file)
      let exact = try ImageDecoder(preprocessing: preprocessing).pixels(from: bytes)
      let fast = try ImageDecoder(preprocessing: preprocessing, mode: .fast).pixels(from: bytes)
      #expect(exact == fast)
    }
  }

  @Test func fastIsCloseToExact() throws {
    let preprocessing = Preprocessing.make(resizeShorter: 12, crop: 10)
    for file in Samples.images(in: Samples.fixtures) where file.hasSuffix(".jpg") {
      let bytes = try Samples.fixture(file)
      let exact = try ImageDecoder(preprocessing: preprocessing).pixels(from: bytes)
      let fast = try ImageDecoder(preprocessing: preprocessing, mode: .fast).pixels(from: bytes)
      let differences = zip(exact.pixels, fast.pixels).map { abs(Int($0) - Int($1)) }
      let mean = Double(differences.reduce(0, +)) / Double(differences.count)
      #expect(mean < 4, "\(file): mean difference \(mean)")
    }
  }

  @Test func sizesAreJudgedFromTheHeader() throws {
    let preprocessing = Preprocessing.make()
    for file in ["rgb.png", "420.jpg", "lossy.webp"] {
      let bytes = try Samples.fixture(file)
      let narrow = try ImageDecoder(preprocessing: preprocessing, limits: ImageLimits(maxSide: 40))
      #expect(throws: ImageError.sideTooLong(width: 48, height: 36, limit: 40)) {
        try narrow.pixels(from: bytes)
      }
      let small = try ImageDecoder(preprocessing: preprocessing, limits: ImageLimits(maxPixels: 1727))
      #expect(throws: ImageError.tooManyPixels(width: 48, height: 36, limit: 1727)) {
        try small.pixels(from: bytes)
      }
    }
  }
}
