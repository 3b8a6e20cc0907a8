import Dispatch
import Glibc
import Inference
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
  private func make(_ engine: Doubler = Doubler(), maxBatch: Int) -> Batcher<Doubler> {
    Batcher(
      engine: engine, gate: AdmissionGate(maxBatch: maxBatch, limit: 10_000),
      computeQueue: DispatchQueue(label: "compute"))
  }

  @Test func everyImageGetsItsOwnAnswer() {
    let batcher = make(maxBatch: 7)
    let answers = Mutex<[Int: [Int]]>([:])
    DispatchQueue.concurrentPerform(iterations: 300) { number in
      let images = (0..<1 + number % 11).map { number * 100 + $0 }
      batcher.submit(images, deadline: .now + .seconds(60), isWanted: { true }) { outcomes in
        let outputs = outcomes.map { outcome -> Int in
          guard case .completed(let output, let timing) = outcome else { return -1 }
          #expect((1...7).contains(timing.batchSize))
          return output
        }
        answers.withLock { $0[number] = outputs }
      }
    }
    batcher.waitUntilIdle()
    let expected = (0..<300).map { number in
      (number, (0..<1 + number % 11).map { 2 * (number * 100 + $0) })
    }
    #expect(answers.withLock { $0 } == Dictionary(uniqueKeysWithValues: expected))
  }

  @Test func aBusyEngineGathersTheNextBatch() {
    let gate = DispatchSemaphore(value: 0)
    let engine = Doubler(gate: gate)
    let batcher = make(engine, maxBatch: 8)
    (0...8).forEach { batcher.submit([$0], deadline: .now + .seconds(60), isWanted: { true }) { _ in } }
    // `waiting` is asked on the queue that took all nine, so they have arrived.
    #expect(batcher.waiting().count == 8)
    #expect(batcher.waiting().oldest != nil)
    (0..<2).forEach { _ in gate.signal() }
    batcher.waitUntilIdle()
    #expect(engine.batches.withLock { $0 } == [[0], Array(1...8)])
  }

  @Test func whatNobodyWaitsForDoesNotRun() {
    let gate = DispatchSemaphore(value: 0)
    let engine = Doubler(gate: gate)
    let batcher = make(engine, maxBatch: 8)
    let told = Mutex<[String]>([])
    func submit(_ number: Int, _ deadline: Duration, isWanted: Bool = true) {
      batcher.submit([number, number], deadline: .now + deadline, isWanted: { isWanted }) { outcomes in
        for outcome in outcomes {
          switch outcome {
          case .completed: told.withLock { $0.append("\(number) ran") }
          case .abandoned: told.withLock { $0.append("\(number) abandoned") }
          case .expired: told.withLock { $0.append("\(number) expired") }
          }
        }
      }
    }
    submit(0, .seconds(60))
    submit(1, .seconds(60), isWanted: false)
    submit(2, .zero)
    submit(3, .seconds(60))
    (0..<2).forEach { _ in gate.signal() }
    batcher.waitUntilIdle()
    #expect(engine.batches.withLock { $0 } == [[0, 0], [3, 3]])
    #expect(
      told.withLock { $0.sorted() } == [
        "0 ran", "0 ran", "1 abandoned", "1 abandoned", "2 expired", "2 expired", "3 ran", "3 ran",
      ])
  }

  /// An image that is being decoded is worth half a batch's base cost of waiting, and no more.
  @Test func anIdleEngineWaitsForWhatIsBeingDecoded() {
    let engine = Doubler()
    let gate = AdmissionGate(maxBatch: 8, limit: 100)
    for count in [1, 8, 2, 4] { gate.learn(imageCount: count, .milliseconds(400 + count)) }
    let batcher = Batcher(engine: engine, gate: gate, computeQueue: DispatchQueue(label: "compute"))
    func admit() { #expect(gate.admit(imageCount: 1, deadline: .now + .seconds(60)) == .admitted) }
    func submit(_ images: [Int]) {
      batcher.submit(images, deadline: .now + .seconds(60), isWanted: { true }) { _ in }
    }
    admit()
    submit([0])
    batcher.waitUntilIdle()
    #expect(engine.batches.withLock { $0 } == [[0]])
    admit()
    admit()
    submit([1])
    usleep(50_000)
    submit([2])
    batcher.waitUntilIdle()
    #expect(engine.batches.withLock { $0 } == [[0], [1, 2]])
    // One that can't be decoded is waited for until it is known.
    admit()
    admit()
    submit([3])
    gate.release(imageCount: 1)
    submit([])
    let start = ContinuousClock.now
    batcher.waitUntilIdle()
    #expect(start.duration(to: .now) < .milliseconds(150))
    // One that takes for ever is not.
    admit()
    admit()
    submit([4])
    batcher.waitUntilIdle()
    #expect(engine.batches.withLock { $0 } == [[0], [1, 2], [3], [4]])
  }
}
