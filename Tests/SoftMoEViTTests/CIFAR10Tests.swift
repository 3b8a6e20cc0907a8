import Checkpoint
import CheckpointImport
import Foundation
import ImageInput
import SoftMoEViT
import TestSupport
import Testing

/// On all test files of CIFAR-10, what PyTorch computes with the same weights.
@Suite(.enabled(if: sharedFolder != nil)) struct CIFAR10Tests {
  private static let labels = [
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
  ]

  /// The test files, unpacked beside the build.
  private static let files = Result {
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

  /// How many files the model is right about; `visit` sees the logits of each class's files by their number.
  private func rightCount(
    _ model: SoftMoEViT,
    visit: (_ label: Int, _ number: Int, _ logits: [Float]) throws -> Void = { _, _, _ in }
  ) throws -> Int {
    let decoder = try ImageDecoder(
      preprocessing: Preprocessing(
        resizeShorter: 32, filter: .bicubic, cropHeight: 32, cropWidth: 32, mean: [0.4914, 0.4822, 0.4465],
        std: [0.247, 0.2435, 0.2616]))
    let folder = try Self.files.get()
    let batch = 50
    var workspace = try Workspace(
      for: model.configuration, maxImageCount: batch, threads: ThreadPool(threadCount: 2),
      kernels: KernelSet(.auto))
    var right = 0
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
          try visit(label, start + index, logits)
        }
      }
    }
    return right
  }

  @Test func theGivenCheckpointsLogitsAndAccuracyAgree() throws {
    let expected = try #require(
      ExpectedValues(path: shared("checkpoints/cifar10-softmoe.expected.safetensors"))["logits"])
    let model = try importedModel(shared("checkpoints/cifar10-softmoe.safetensors"), ImportOptions())
    var largest: Float = 0
    let right = try rightCount(model) { label, number, logits in
      if number < 50 {
        largest = max(largest, largestDifference(logits, expected.slice(label * 50 + number)))
      }
    }
    #expect(largest < 1e-4)
    #expect(abs(right - 7225) <= 2)
  }

  /// The number is PyTorch's, with the kernels rounded to bfloat16 as they are in the file; unrounded it is 8541.
  @Test func theBundledModelIsRightAsOften() throws {
    let path = packageRoot.appending(path: "models/cifar10-softmoe.smoe").path
    #expect(abs(try rightCount(SoftMoEViT(Checkpoint(path: path))) - 8538) <= 2)
  }
}
