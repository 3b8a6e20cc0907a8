import Checkpoint
import Dispatch
import Inference
import SoftMoEViT
import TestSupport
import Testing

@Suite struct InferenceEngineTests {
  private let model: SoftMoEViT
  private let queue = DispatchQueue(label: "test.compute")
  private let threads: ThreadPool

  init() throws {
    model = try SoftMoEViT(Checkpoint(path: packageRoot.appending(path: "models/cifar10-softmoe.smoe").path))
    threads = try ThreadPool(threadCount: 2)
  }

  private func engine(maxBatch: Int) throws -> InferenceEngine {
    try InferenceEngine(model, maxBatch: maxBatch, threads: threads, kernels: KernelSet(.auto), queue: queue)
  }

  private func pixels(_ seed: Int) -> [Float] { (0..<32 * 32 * 3).map { Float(($0 * seed) % 101) / 50 - 1 } }

  /// An image whose sums overflow has no answer, and the others of its batch have theirs; explanations too.
  @Test func whatIsNotFiniteIsAFailureOfItsImageAlone() throws {
    let engine = try engine(maxBatch: 4)
    let extras = InferenceExtras(features: true, explanation: .top(2))
    let huge = EngineInput(pixels: Array(repeating: 3e38, count: 32 * 32 * 3), extras: extras)
    let good = [3, 7].map { EngineInput(pixels: pixels($0), extras: extras) }
    let alone = try queue.sync { engine.run(good) }.map { try $0.get() }
    let mixed = queue.sync { engine.run([huge, good[0], huge, good[1]]) }
    for place in [0, 2] { #expect(throws: NonFiniteError()) { try mixed[place].get() } }
    for (found, expected) in zip([try mixed[1].get(), try mixed[3].get()], alone) {
      #expect(found.logits == expected.logits && found.features == expected.features)
      #expect(found.routing == expected.routing && found.experts == expected.experts)
      #expect(found.experts.count == 3 && found.experts.allSatisfy { $0.count == 2 })
    }
  }

  /// A reload makes no threads: engines share them, and each has its own results.
  @Test func enginesShareTheMachinesThreads() throws {
    let (first, second) = (try engine(maxBatch: 1), try engine(maxBatch: 2))
    let input = EngineInput(pixels: pixels(5))
    let (a, b) = try queue.sync {
      (try first.run([input])[0].get(), try second.run([input, input])[1].get())
    }
    #expect(a.logits == b.logits)
  }
}
