import Checkpoint
import CheckpointImport
import Foundation
import SoftMoEViT
import TestSupport
import Testing

@Suite struct SelfProofTests {
  private let source = packageRoot.appending(path: "Tests/CommandTests/Fixtures/soft_moe.safetensors").path

  private func imported(_ path: String) throws {
    var options = ImportOptions()
    options.headCount = 2
    let imported = try CheckpointImport(path: source, options: options)
    try imported.write(to: path, .plain(for: imported.configuration))
  }

  private func check(_ path: String) throws {
    let checkpoint = try Checkpoint(path: path)
    let model = try SoftMoEViT(checkpoint)
    var workspace = try Workspace(
      for: model.configuration, maxImageCount: 2, threads: ThreadPool(threadCount: 2),
      kernels: KernelSet(.auto))
    try #require(try SelfProof(checkpoint, model.configuration)).check(model, &workspace)
  }

  @Test func aFreshImportProvesItself() throws {
    try withTemporaryFile("model.smoe") { path in
      try imported(path)
      try Checkpoint(path: path).verify()
      try check(path)
    }
  }

  /// Opening reads the header alone, so a damaged weight is found by what it computes.
  @Test func aDamagedWeightIsFound() throws {
    try withTemporaryFile("model.smoe") { path in
      try imported(path)
      var bytes = try Data(contentsOf: URL(filePath: path))
      let bias = try Checkpoint(path: path).tensor("head/bias", shape: [5])
      bytes.replaceSubrange(bias.offset + 3..<bias.offset + 4, with: [0x42])
      try bytes.write(to: URL(filePath: path))
      #expect(throws: SelfProofError.self) { try check(path) }
    }
  }
}
