import Foundation
import ImageInput
import Testing

@Suite struct PreprocessingTests {
  @Test func jsonKeysAreSnakeCase() throws {
    let json = """
      {"resize_shorter": 256, "filter": "bicubic", "crop_height": 224, "crop_width": 192,
       "mean": [0.5, 0.25, 0], "std": [1, 2, 3]}
      """
    let read = try JSONDecoder().decode(Preprocessing.self, from: Data(json.utf8))
    let expected = Preprocessing(
      resizeShorter: 256, filter: .bicubic, cropHeight: 224, cropWidth: 192, mean: [0.5, 0.25, 0],
      std: [1, 2, 3])
    #expect(read == expected)
    #expect(try JSONDecoder().decode(Preprocessing.self, from: JSONEncoder().encode(read)) == read)
    try read.validate()
  }

  /// `rest` behind the keys that every form has.
  private func read(_ rest: String) throws -> Preprocessing {
    let json = "{\"crop_height\": 24, \"crop_width\": 16, \"mean\": [0, 0, 0], \"std\": [1, 1, 1], \(rest)}"
    return try JSONDecoder().decode(Preprocessing.self, from: Data(json.utf8))
  }

  @Test func squashAndAntialiasAreSaid() throws {
    let squash = try read(#""resize": "squash", "filter": "lanczos", "antialias": false"#)
    #expect(squash.resize == .sides(height: 24, width: 16) && squash.filter == .lanczos && !squash.antialias)
    let sides = try read(#""resize": [32, 20], "filter": "box""#)
    #expect(sides.resize == .sides(height: 32, width: 20) && sides.antialias)
    for form in [squash, sides] {
      #expect(try JSONDecoder().decode(Preprocessing.self, from: JSONEncoder().encode(form)) == form)
    }
    let written = String(decoding: try JSONEncoder().encode(squash), as: UTF8.self)
    #expect(written.contains(#""resize":"squash""#))
  }

  /// What is said and where is in the error.
  @Test(arguments: [
    (#""resize_shorter": 32, "filter": "bicubic", "resize_mode": "squash""#, "resize_mode"),
    (#""resize": "stretch", "filter": "bicubic""#, "[height, width]"),
    (#""resize": [1, 2, 3], "filter": "bicubic""#, "[height, width]"),
    (#""resize": "squash", "resize_shorter": 32, "filter": "bicubic""#, "no resize_shorter beside it"),
    (#""resize_shorter": 32, "filter": "cubic""#, "nearest, box, bilinear, hamming, bicubic, lanczos"),
    (#""filter": "bicubic""#, "resize_shorter"), (#""resize_shorter": 32"#, "filter"),
    (#""resize_shorter": 32, "filter": "bicubic", "antialias": 0"#, "antialias"),
  ])
  func whatIsNotKnownIsNamed(_ rest: String, _ named: String) throws {
    #expect {
      try read(rest)
    } throws: {
      "\($0)".contains(named)
    }
  }

  @Test(arguments: [
    Preprocessing.make(resizeShorter: 0), .make(resizeShorter: 16_385), .make(crop: 0), .make(crop: -3),
    .make(crop: .max), .make(mean: []), .make(mean: [0, 0, .nan]), .make(mean: [0, .infinity, 0]),
    .make(std: [1, 1]), .make(std: [1, 0, 1]), .make(std: [1, .nan, 1]), .make(std: [1, -1, 1]),
    .make(std: [1, .leastNonzeroMagnitude, 1]), .make(std: [1, 0x1p-133, 1]), .make(std: [1, .infinity, 1]),
    .make(mean: [1e38, 0, 0], std: [0x1p-133, 1, 1]), .make(mean: [1e38, 0, 0], std: [0.01, 1, 1]),
    .make(mean: [0, 0, -3e38], std: [1, 1, 0.5]),
    .make(mean: [0, .greatestFiniteMagnitude, 0], std: [1, 0.9, 1]),
  ])
  func impossibleValuesAreRefused(_ preprocessing: Preprocessing) {
    #expect {
      try ImageDecoder(preprocessing: preprocessing)
    } throws: {
      ($0 as? ImageError)?.category == .configuration
    }
  }

  /// The smallest divisor there is leaves ordinary pixels finite, and so does the largest mean.
  @Test(arguments: [
    Preprocessing.make(std: [1, .leastNormalMagnitude, 1]),
    .make(mean: [-.greatestFiniteMagnitude, 0, 0], std: [1, 1, 1]),
  ])
  func extremeValuesThatMakeFinitePixelsAreTaken(_ preprocessing: Preprocessing) throws {
    let tensor = try ImageDecoder(preprocessing: preprocessing).tensor(from: Samples.fixture("rgb.png"))
    #expect(tensor.allSatisfy { $0.isFinite })
  }

  @Test func tensorsOfAnyValueHaveAnImage() {
    let preprocessing = Preprocessing.make(crop: 2, mean: [0, 0, 0], std: [1, 1, 1])
    let values: [Float] = [.nan, .infinity, -.infinity, 3e38, -3e38, -.nan, 0, 0.5, 1, 1.01, -0.01, 0x1p-133]
    #expect(preprocessing.image(of: values).pixels == [0, 255, 0, 255, 0, 0, 0, 128, 255, 255, 0, 0])
  }
}
