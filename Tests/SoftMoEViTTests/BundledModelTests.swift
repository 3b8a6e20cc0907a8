import Checkpoint
import CheckpointImport
import Foundation
import ImageInput
import SoftMoEViT
import TestSupport
import Testing

/// Deterministic images in the range of normalised pixels.
func noiseImages(_ count: Int, _ model: ModelConfiguration) -> [[Float]] {
  (0..<count).map { image in
    (0..<model.imageHeight * model.imageWidth * 3).map {
      Float(sin(Double($0 * (image + 3)) * 0.37) * cos(Double($0) * 0.011) * 2)
    }
  }
}

@Suite struct BundledModelTests {
  private func bundled() throws -> SoftMoEViT {
    try SoftMoEViT(Checkpoint(path: packageRoot.appending(path: "models/cifar10-softmoe.smoe").path))
  }

  @Test func combineMassSumsToOneAndEffectiveTokensAreInRange() throws {
    let model = try bundled()
    let images = noiseImages(3, model.configuration)
    var workspace = Workspace(for: model.configuration, maxImageCount: 4, threadCount: 2)
    for (index, image) in images.enumerated() { model.load(image, at: index, &workspace) }
    model.forward(imageCount: 3, &workspace)
    for image in images.indices {
      for layer in model.configuration.moeLayers.indices {
        let routing = workspace.routing(of: image, layer: layer)
        #expect(abs(routing.combineMass.reduce(0, +) - 1) < 1e-5)
        #expect(routing.effectiveTokens.allSatisfy { (0.999...64.001).contains($0) })
      }
    }
  }

  /// The original's logits of 500 test files, and its accuracy on all of them.
  @Suite(.enabled(if: sharedFolder != nil)) struct AgainstTheOriginal {
    private static let labels = [
      "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
    ]

    private static let decoder: ImageDecoder? = try? ImageDecoder(
      preprocessing: Preprocessing(
        resizeShorter: 32, filter: .bicubic, cropHeight: 32, cropWidth: 32, mean: [0.4914, 0.4822, 0.4465],
        std: [0.247, 0.2435, 0.2616]))

    /// The test files, unpacked beside the build.
    private func testFiles() throws -> URL {
      let folder = packageRoot.appending(path: ".build/cifar10")
      let done = folder.appending(path: "test/truck/0999.jpg")
      if !FileManager.default.fileExists(atPath: done.path) {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let tar = Process()
        tar.executableURL = URL(filePath: "/bin/tar")
        tar.arguments = ["-xzf", shared("data/cifar10_jpeg.tar.gz"), "-C", folder.path, "test"]
        try tar.run()
        tar.waitUntilExit()
      }
      return folder.appending(path: "test")
    }

    @Test func everyGivenLogitAndTheAccuracyAgree() throws {
      let expected = try #require(
        ExpectedValues(path: shared("checkpoints/cifar10-softmoe.expected.safetensors"))["logits"])
      let model = try importedModel(shared("checkpoints/cifar10-softmoe.safetensors"), ImportOptions())
      let decoder = try #require(Self.decoder)
      let folder = try testFiles()
      let batch = 50
      var workspace = Workspace(for: model.configuration, maxImageCount: batch, threadCount: 2)
      var (right, largest) = (0, Float(0))
      for (label, name) in Self.labels.enumerated() {
        for start in stride(from: 0, to: 1000, by: batch) {
          for index in 0..<batch {
            let number = String(start + index)
            let file = name + "/" + String(repeating: "0", count: 4 - number.count) + number + ".jpg"
            let bytes = [UInt8](try Data(contentsOf: folder.appending(path: file)))
            model.load(try decoder.tensor(from: bytes), at: index, &workspace)
          }
          model.forward(imageCount: batch, &workspace)
          for index in 0..<batch {
            let logits = workspace.logits(of: index)
            if logits.max() == logits[label] { right += 1 }
            if start == 0 {
              largest = max(largest, largestDifference(logits, expected.slice(label * 50 + index)))
            }
          }
        }
      }
      #expect(largest < 1e-4)
      #expect(abs(right - 7225) <= 2)
    }
  }
}
