import Checkpoint
import Kernels
import SoftMoEViT
import TestSupport
import Testing

/// An answer's bits do not depend on what it is computed with: not on the batch's size, its other images, the
/// image's place in it, the number of threads or the instruction set.
@Suite struct BatchInvarianceTests {
  private static let invariant = KernelSet.all.filter(\.isBatchInvariant)

  private func results(_ model: SoftMoEViT, _ images: [[Float]], threads: Int, _ kernels: KernelSet)
    throws -> [[UInt32]]
  {
    var workspace = try Workspace(
      for: model.configuration, maxImageCount: images.count, threads: ThreadPool(threadCount: threads),
      kernels: kernels)
    for (index, image) in images.enumerated() { model.load(image, at: index, &workspace) }
    model.forward(imageCount: images.count, &workspace)
    // A second pass over the same images: the first has left them as they were.
    model.forward(imageCount: images.count, &workspace)
    return images.indices.map {
      (workspace.logits(of: $0) + workspace.features(of: $0)).map(\.bitPattern)
    }
  }

  @Test(arguments: ["f32", "bf16", "f16", "int8"]) func randomBatchesGiveTheSameBits(_ type: String) throws {
    let first = try #require(Self.invariant.first, "a processor with AVX2 and FMA, or NEON")
    let model = try withTemporaryFile("model.smoe") { path in
      let source = packageRoot.appending(path: "Tests/CommandTests/Fixtures/soft_moe.safetensors").path
      try Command.succeed(["import", source, "--output", path, "--heads", "2", "--dtype", type])
      return try SoftMoEViT(Checkpoint(path: path))
    }
    try expectInvariance(of: model, reference: first, rounds: 60)
  }

  @Test func randomBatchesOfTheBundledModelGiveTheSameBits() throws {
    let first = try #require(Self.invariant.first, "a processor with AVX2 and FMA, or NEON")
    let path = packageRoot.appending(path: "models/cifar10-softmoe.smoe").path
    try expectInvariance(of: try SoftMoEViT(Checkpoint(path: path)), reference: first, rounds: 10)
  }

  @Test(arguments: OptionalModel.all) func randomBatchesOfRareOptionsGiveTheSameBits(_ model: OptionalModel)
    throws
  {
    let first = try #require(Self.invariant.first, "a processor with AVX2 and FMA, or NEON")
    try expectInvariance(of: try model.open(), reference: first, rounds: 20)
  }

  private func expectInvariance(of model: SoftMoEViT, reference: KernelSet, rounds: Int) throws {
    let images = noiseImages(64, model.configuration)
    let expected = try images.map { try results(model, [$0], threads: 1, reference)[0] }
    #expect(Set(expected).count == images.count)
    var random = SystemRandomNumberGenerator()
    for round in 0..<rounds {
      // The largest batch for sure, then any.
      let count = round == 0 ? 64 : Int.random(in: 1...64, using: &random)
      let batch = (0..<count).map { _ in Int.random(in: 0..<64, using: &random) }
      let threads = Int.random(in: 1...4, using: &random)
      let kernels = try #require(Self.invariant.randomElement(using: &random))
      let found = try results(model, batch.map { images[$0] }, threads: threads, kernels)
      let wrong = batch.indices.filter { found[$0] != expected[batch[$0]] }
      #expect(wrong.isEmpty, "places \(wrong) of batch \(batch), \(threads) threads, \(kernels.name)")
    }
  }
}
