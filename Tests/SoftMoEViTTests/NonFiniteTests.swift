import Checkpoint
import CheckpointImport
import Foundation
import Kernels
import SoftMoEViT
import TestSupport
import Testing

/// Whatever numbers come in: the engine goes on, says of which image the results are no finite numbers, and no
/// image has a part in another's.
@Suite struct NonFiniteTests {
  private struct Answers: Equatable {
    var logits: [[UInt32]] = []
    var isFinite: [Bool] = []
  }

  private func run(
    _ model: SoftMoEViT, _ images: [[Float]], _ workspace: inout Workspace, _ summaries: RoutingSummaries
  ) -> Answers {
    for (index, image) in images.enumerated() { model.load(image, at: index, &workspace) }
    model.forward(imageCount: images.count, &workspace, observer: summaries)
    var answers = Answers()
    for index in images.indices {
      let layers = model.configuration.moeLayers.indices
      let areFinite = layers.allSatisfy { summaries.routing(of: index, layer: $0).isFinite }
      answers.isFinite.append(workspace.isFinite(index) && areFinite)
      answers.logits.append(workspace.logits(of: index).map(\.bitPattern))
    }
    return answers
  }

  /// Any pixel of these makes an image whose sums overflow.
  private static let overflowing: [Float] = [
    3e38, -3e38, .greatestFiniteMagnitude, .infinity, -.infinity, .nan,
  ]
  private static let tiny: [Float] = [
    0, .leastNonzeroMagnitude, .leastNormalMagnitude / 64, -.leastNormalMagnitude / 3, .leastNormalMagnitude, 1e-30,
  ]

  @Test(arguments: KernelSet.all.map(\.name)) func anImageLeavesTheOthersAlone(_ name: String) throws {
    let kernels = try #require(KernelSet.all.first { $0.name == name })
    let model = try SoftMoEViT(
      Checkpoint(path: packageRoot.appending(path: "models/cifar10-softmoe.smoe").path))
    let images = noiseImages(5, model.configuration)
    var workspace = try Workspace(
      for: model.configuration, maxImageCount: 5, threads: ThreadPool(threadCount: 2), kernels: kernels)
    let summaries = try RoutingSummaries(for: model.configuration, maxImageCount: 5)
    let good = run(model, images, &workspace, summaries)
    #expect(good.isFinite == [true, true, true, true, true])
    let others = [0, 1, 3, 4]
    let without = run(model, others.map { images[$0] }, &workspace, summaries)
    if kernels.isBatchInvariant { #expect(without.logits == others.map { good.logits[$0] }) }
    for value in Self.overflowing + Self.tiny {
      for isWhole in [true, false] {
        var batch = images
        // All of the image, or one pixel of it.
        if isWhole { batch[2] = batch[2].map { _ in value } } else { batch[2][1000] = value }
        let found = run(model, batch, &workspace, summaries)
        #expect(others.allSatisfy { found.logits[$0] == good.logits[$0] && found.isFinite[$0] }, "\(value)")
        if !value.isFinite || Self.overflowing.contains(value) && isWhole {
          #expect(!found.isFinite[2], "\(value)")
        }
        if Self.tiny.contains(value) { #expect(found.isFinite[2], "\(value)") }
      }
    }
    // Nothing of it is left for the next batch.
    #expect(run(model, images, &workspace, summaries) == good)
  }

  /// Weights that make sums overflow, whatever the image is; opening looks at the header alone.
  @Test(arguments: ["blocks/0/norm1/scale", "blocks/1/norm2/scale", "head/bias", "patch_embedding/bias"])
  func aModelWithoutFiniteNumbersSaysSo(_ name: String) throws {
    try withTemporaryFile("model.smoe") { path in
      var options = ImportOptions()
      options.headCount = 2
      let source = packageRoot.appending(path: "Tests/CommandTests/Fixtures/soft_moe.safetensors").path
      let imported = try CheckpointImport(path: source, options: options)
      try imported.write(to: path, .plain(for: imported.configuration))
      let tensor = try #require(try Checkpoint(path: path).tensors.first { $0.name == name })
      var bytes = try Data(contentsOf: URL(filePath: path))
      let huge = (0..<tensor.count).flatMap { index in
        let value = Float(index.isMultiple(of: 2) ? 3e38 : -3e38)
        return withUnsafeBytes(of: (name == "head/bias" ? .infinity : value).bitPattern.littleEndian) {
          Array($0)
        }
      }
      bytes.replaceSubrange(tensor.offset..<tensor.offset + huge.count, with: huge)
      try bytes.write(to: URL(filePath: path))
      let model = try SoftMoEViT(Checkpoint(path: path))
      var workspace = try Workspace(
        for: model.configuration, maxImageCount: 2, threads: ThreadPool(threadCount: 2),
        kernels: KernelSet(.auto))
      let summaries = try RoutingSummaries(for: model.configuration, maxImageCount: 2)
      let found = run(model, noiseImages(2, model.configuration), &workspace, summaries)
      #expect(found.isFinite == [false, false])
    }
  }
}
