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
