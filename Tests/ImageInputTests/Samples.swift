import Foundation
import ImageInput
import TestSupport

/// Where test images are, and how they are prepared.
enum Samples {
  private static let testFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

  /// Small images of every kind, kept with the tests.
  static let fixtures = testFolder.appendingPathComponent("Fixtures")

  /// Photographs prepared by Pillow and torchvision, when they are at hand.
  static let golden = URL(filePath: shared("golden/preprocess"))

  static var hasGolden: Bool {
    FileManager.default.fileExists(atPath: golden.appendingPathComponent("case.json").path)
  }

  /// Photos as people send them, when they are at hand.
  static let cases = URL(filePath: shared("cases/photos"))

  static var hasCases: Bool {
    FileManager.default.fileExists(atPath: cases.appendingPathComponent("no_eoi.jpg").path)
  }

  static func bytes(_ url: URL) throws -> [UInt8] { [UInt8](try Data(contentsOf: url)) }

  static func fixture(_ name: String) throws -> [UInt8] {
    try bytes(fixtures.appendingPathComponent(name))
  }

  /// The image files of a folder, by name.
  static func images(in folder: URL) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let suffixes = [".jpg", ".png", ".webp"]
    return names.filter { name in suffixes.contains { name.hasSuffix($0) } }.sorted()
  }

  /// The pipelines that a folder's case.json names.
  static func pipelines(in folder: URL) throws -> [String: Preprocessing] {
    struct Pipeline: Decodable {
      let resize_shorter: Int?
      let crop: Int?
      let height: Int?
      let width: Int?
      let by: String?
      let filter: Preprocessing.Filter

      /// Without a shorter side, a squash.
      var preprocessing: Preprocessing {
        let (height, width) = (height ?? crop ?? 0, width ?? crop ?? 0)
        return Preprocessing(
          resize: resize_shorter.map { .shorter($0) } ?? .sides(height: height, width: width),
          filter: filter, antialias: by != "tensorflow", cropHeight: height, cropWidth: width,
          mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5])
      }
    }
    struct Case: Decodable { let pipelines: [String: Pipeline] }
    let data = try Data(contentsOf: folder.appendingPathComponent("case.json"))
    return try JSONDecoder().decode(Case.self, from: data).pipelines
      .mapValues(\.preprocessing)
  }
}

extension Preprocessing {
  static func make(
    resizeShorter: Int = 32, crop: Int = 24, filter: Filter = .bicubic, mean: [Float] = [0.5, 0.5, 0.5],
    std: [Float] = [0.5, 0.5, 0.5]
  ) -> Preprocessing {
    Preprocessing(
      resizeShorter: resizeShorter, filter: filter, cropHeight: crop, cropWidth: crop, mean: mean, std: std)
  }
}
