import Checkpoint
import Foundation
import SoftMoEViT
import TestSupport
import Testing

@Suite struct OpeningTests {
  /// A model is opened from its header alone, however large its tensors are.
  @Test func openingTouchesNoTensor() throws {
    try withTemporaryFile("model.smoe") { path in
      try FileManager.default.copyItem(
        atPath: packageRoot.appending(path: "models/cifar10-softmoe.smoe").path, toPath: path)
      let checkpoint = try Checkpoint(path: path)
      let model = try SoftMoEViT(checkpoint)
      let proof = try SelfProof(checkpoint, model.configuration)
      // What a fault brings in around a page, the kernel's 64 KiB, once at either end of the header.
      let header = (checkpoint.tensors.first?.offset ?? 0) / 1024
      #expect(try residentKibibytes(of: path) <= header + 128)
      #expect(proof != nil)
      _ = checkpoint.tensors.map { $0.firstNonFinite() == nil }
      #expect(try residentKibibytes(of: path) > checkpoint.byteCount / 1024 / 2)
    }
  }

  /// The resident part of a file's mapping.
  private func residentKibibytes(of path: String) throws -> Int {
    var isMapping = false
    for line in try String(contentsOfFile: "/proc/self/smaps", encoding: .utf8).split(separator: "\n") {
      if line.hasSuffix(path) {
        isMapping = true
      } else if isMapping, line.hasPrefix("Rss:") {
        return try #require(Int(line.split(separator: " ")[1]))
      }
    }
    return try #require(nil, "\(path) is not mapped")
  }
}
