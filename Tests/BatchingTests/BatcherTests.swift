import Batching
import Dispatch
import Synchronization
import Testing

/// Doubles numbers, remembers its batches, and can be held back.
private final class Doubler: BatchEngine {
  let batches = Mutex<[[Int]]>([])
  let gate: DispatchSemaphore?

  init(gate: DispatchSemaphore? = nil) { self.gate = gate }

  func run(_ inputs: [Int]) -> [Int] {
    gate?.wait()
    batches.withLock { $0.append(inputs) }
    return inputs.map { 2 * $0 }
  }
}

@Suite struct BatcherTests {
  @Test func everyRequestGetsItsOwnAnswer() {
    let batcher = Batcher(engine: Doubler(), maxBatch: 7)
    let answers = Mutex<[Int: Int]>([:])
    DispatchQueue.concurrentPerform(iterations: 500) { number in
      batcher.submit(number) { outcome in
        guard case .completed(let output, let timing) = outcome else { return }
        #expect((1...7).contains(timing.batchSize))
        answers.withLock { $0[number] = output }
      }
    }
    batcher.waitUntilIdle()
    #expect(answers.withLock { $0 } == Dictionary(uniqueKeysWithValues: (0..<500).map { ($0, 2 * $0) }))
  }

  @Test func aBusyEngineGathersTheNextBatch() {
    let gate = DispatchSemaphore(value: 0)
    let engine = Doubler(gate: gate)
    let batcher = Batcher(engine: engine, maxBatch: 8)
    batcher.submit(0) { _ in }
    (1...8).forEach { number in batcher.submit(number) { _ in } }
    // `waiting` is asked on the queue that took all nine, so they have arrived.
    #expect(batcher.waiting().count == 8)
    #expect(batcher.waiting().oldest != nil)
    (0..<2).forEach { _ in gate.signal() }
    batcher.waitUntilIdle()
    #expect(engine.batches.withLock { $0 } == [[0], Array(1...8)])
  }

  @Test func abandonedRequestsAreToldSoAndNotRun() {
    let gate = DispatchSemaphore(value: 0)
    let engine = Doubler(gate: gate)
    let batcher = Batcher(engine: engine, maxBatch: 8)
    let abandoned = Mutex(0)
    batcher.submit(0) { _ in }
    batcher.submit(1, isWanted: { false }) { outcome in
      if case .abandoned = outcome { abandoned.withLock { $0 += 1 } }
    }
    batcher.submit(2) { _ in }
    (0..<2).forEach { _ in gate.signal() }
    batcher.waitUntilIdle()
    #expect(engine.batches.withLock { $0 } == [[0], [2]])
    #expect(abandoned.withLock { $0 } == 1)
  }
}
