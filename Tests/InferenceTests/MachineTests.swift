import Dispatch
import Inference
import Synchronization
import Testing

/// A request of numbers, each of which may have to be "decoded".
private final class Numbers: MachineRequest {
  let numbers: [Int]
  let isWanted: Bool
  let told = Mutex<[Int: String]>([:])
  private let done: @Sendable () -> Void

  init(_ numbers: [Int], isWanted: Bool = true, done: @escaping @Sendable () -> Void = {}) {
    (self.numbers, self.isWanted, self.done) = (numbers, isWanted, done)
  }

  func prepare(_ index: Int) -> Bool {
    if numbers[index] < 0 { tell(index, "bad") }
    return numbers[index] >= 0
  }

  func drop(_ index: Int, _ reason: Scheduler.DropReason) { tell(index, "\(reason)") }

  func tell(_ index: Int, _ what: String) {
    told.withLock { told in
      precondition(told[index] == nil, "told twice")
      told[index] = what
    }
    done()
  }
}

/// Doubles numbers, remembers its batches, and can be held back.
private final class Doubler: MachineLane {
  let id: Int
  let batches = Mutex<[[Int]]>([])
  let gate: DispatchSemaphore?

  init(id: Int, gate: DispatchSemaphore? = nil) { (self.id, self.gate) = (id, gate) }

  func run(_ images: [Machine.Image]) -> @Sendable (Duration) -> Void {
    gate?.wait()
    let numbers = images.compactMap { image in (image.request as? Numbers).map { $0.numbers[image.index] } }
    batches.withLock { $0.append(numbers) }
    return { _ in
      for image in images {
        guard let request = image.request as? Numbers else { continue }
        request.tell(image.index, "\(2 * request.numbers[image.index])")
      }
    }
  }
}

@Suite struct MachineTests {
  private static let decoding = Preparation(PreparationKind("decoding", guess: 1e-6), work: 1, byteCount: 1)

  private func make(maxBatch: Int) throws -> Machine {
    try Machine(
      Scheduler.Limits(maxBatch: maxBatch, maxQueue: 10_000, preparerCount: 2, preparationBytes: 1 << 20),
      threadCount: 1)
  }

  @Test func everyImageIsToldOnceWhateverHappens() throws {
    let machine = try make(maxBatch: 7)
    let lane = machine.open { Doubler(id: $0) }
    let group = DispatchGroup()
    let requests = (0..<300).map { number in
      let images = (0..<1 + number % 11).map { number % 13 == 5 && $0 % 3 == 1 ? -1 : number * 100 + $0 }
      for _ in images { group.enter() }
      return Numbers(images, isWanted: number % 17 != 3) { group.leave() }
    }
    DispatchQueue.concurrentPerform(iterations: requests.count) { number in
      let needs = number.isMultiple(of: 2) || number % 13 == 5
      let images = requests[number].numbers.map { _ in needs ? Self.decoding : nil }
      let refusal = machine.submit(
        requests[number], lane: lane.id, images: images, deadline: .now + .seconds(86_400))
      #expect(refusal == nil)
    }
    group.wait()
    for (number, request) in requests.enumerated() {
      let told = request.told.withLock { $0 }
      #expect(told.count == request.numbers.count)
      for (index, value) in request.numbers.enumerated() {
        let expected = number % 17 == 3 ? ["abandoned"] : [value < 0 ? "bad" : "\(2 * value)"]
        // One that is abandoned while it is being decoded may turn out bad.
        #expect((expected + (value < 0 ? ["bad"] : [])).contains(told[index] ?? ""))
      }
    }
    #expect(lane.batches.withLock { $0.allSatisfy { (1...7).contains($0.count) } })
    #expect(machine.waiting == 0)
    machine.close(lane.id)
  }

  @Test func aBusyEngineGathersTheNextBatch() throws {
    let machine = try make(maxBatch: 8)
    let gate = DispatchSemaphore(value: 0)
    let lane = machine.open { Doubler(id: $0, gate: gate) }
    let group = DispatchGroup()
    for number in 0...8 {
      group.enter()
      let request = Numbers([number]) { group.leave() }
      #expect(
        machine.submit(request, lane: lane.id, images: [nil], deadline: .now + .seconds(86_400)) == nil)
    }
    #expect(machine.waiting == 8)
    for _ in 0..<2 { gate.signal() }
    group.wait()
    #expect(lane.batches.withLock { $0 } == [[0], Array(1...8)])
  }

  @Test func aChoreRunsAloneAndItsErrorComesBack() throws {
    struct Failure: Error {}
    let machine = try make(maxBatch: 8)
    #expect(machine.perform(seconds: 1) { 6 * 7 } == 42)
    #expect(throws: Failure.self) {
      try machine.perform(seconds: 1) { () throws(Failure) in throw Failure() }
    }
  }

  @Test func aTaskIsDoneOrDropped() throws {
    let machine = try make(maxBatch: 1)
    let done = Mutex(0)
    let group = DispatchGroup()
    for number in 0..<100 {
      group.enter()
      let isWanted = number.isMultiple(of: 2)
      try machine.prepare(
        Self.decoding, for: InferenceRequest(deadline: .now + .seconds(86_400)) { isWanted },
        body: {
          done.withLock { $0 += 1 }
          group.leave()
        }, dropped: { _ in group.leave() })
    }
    group.wait()
    #expect(done.withLock { $0 } == 50)
  }
}
