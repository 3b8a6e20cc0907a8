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
      let opened = try residentKibibytes(of: path)
      let areFinite = checkpoint.tensors.allSatisfy { $0.firstNonFinite() == nil }
      let looked = try residentKibibytes(of: path)
      withExtendedLifetime(model) {
        #expect(opened <= header + 128)
        #expect(proof != nil)
        #expect(areFinite)
        #expect(looked > checkpoint.byteCount / 1024 / 2)
      }
    }
  }

  /// The resident part of a file's mapping.
  private func residentKibibytes(of path: String) throws -> Int {
    // A file handle reads to the end; String(contentsOfFile:) stops after this file's first piece.
    let handle = try #require(FileHandle(forReadingAtPath: "/proc/self/smaps"))
    let maps = String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self)
    var isMapping = false
    for line in maps.split(separator: "\n") {
      if line.hasSuffix(path) {
        isMapping = true
      } else if isMapping, line.hasPrefix("Rss:") {
        return try #require(Int(line.split(separator: " ")[1]))
      }
    }
    return try #require(nil, "\(path) is not mapped")
  }
}
