import Inference
import Testing

private typealias Image = Scheduler.Image

/// Drives a scheduler by hand: one model, lane 1, whose batches of n images take n + 2 seconds.
private struct Driver {
  var scheduler: Scheduler
  var now = 0.0
  var unwanted: Set<Int> = []

  init(maxBatch: Int = 4, maxQueue: Int = 1000, preparers: Int = 2, bytes: Int = 1600) {
    scheduler = Scheduler(
      Scheduler.Limits(
        maxBatch: maxBatch, maxQueue: maxQueue, preparerCount: preparers, preparationBytes: bytes))
    scheduler.open(lane: 1)
    for count in [1, 4, 2, 3] { scheduler.learn(lane: 1, imageCount: count, seconds: Double(count) + 2) }
  }

  /// `images` are ready at once; `work` are seconds of decoding.
  mutating func arrive(
    _ id: Int, ready: Int = 0, work: [Double] = [], bytes: Int = 1, deadline: Double = 1e6, lane: Int? = 1
  ) -> [Scheduler.Decision] {
    let kind = PreparationKind("decoding", guess: 1)
    let images: [Preparation?] =
      Array(repeating: nil, count: ready) + work.map { Preparation(kind, work: $0, byteCount: bytes) }
    return scheduler.arrived(id, lane: lane, images: images, deadline: deadline, now: now) {
      !unwanted.contains($0)
    }
  }

  mutating func prepared(_ id: Int, _ index: Int = 0, seconds: Double = 0, isGood: Bool = true)
    -> [Scheduler.Decision]
  {
    // What is learned is what was known: a second a unit.
    scheduler.prepared(Image(request: id, index: index), seconds: seconds, isGood: isGood, now: now) {
      !unwanted.contains($0)
    }
  }

  mutating func finish(seconds: Double) -> [Scheduler.Decision] {
    scheduler.finished(seconds: seconds, now: now) { !unwanted.contains($0) }
  }

  mutating func pass() -> [Scheduler.Decision] { scheduler.timePassed(now: now) { !unwanted.contains($0) } }
}

private func run(_ images: (Int, Int)...) -> Scheduler.Decision {
  .run(lane: 1, images.map { Image(request: $0.0, index: $0.1) })
}

private func refusal(_ decisions: [Scheduler.Decision]) -> Scheduler.Refusal? {
  for case .refuse(let refusal) in decisions { return refusal }
  return nil
}

private func batch(_ decisions: [Scheduler.Decision]) -> [Image]? {
  for case .run(_, let images) in decisions { return images }
  return nil
}

/// The cost is fitted: a unit of the last place off.
private func isWait(_ decisions: [Scheduler.Decision], until expected: Double) -> Bool {
  guard decisions.count == 1, case .wait(let until) = decisions[0] else { return false }
  return abs(until - expected) < 1e-9
}

@Suite struct BatchTests {
  @Test func aLoneImageRunsAtOnce() {
    var driver = Driver()
    #expect(driver.arrive(1, ready: 1) == [run((1, 0))])
    #expect(driver.scheduler.waiting == 0)
  }

  @Test func whatArrivesDuringABatchBecomesTheNext() {
    var driver = Driver()
    _ = driver.arrive(0, ready: 1)
    for id in 1...6 { #expect(driver.arrive(id, ready: 1) == []) }
    #expect(driver.scheduler.waiting == 6)
    #expect(driver.finish(seconds: 3) == [run((1, 0), (2, 0), (3, 0), (4, 0))])
    #expect(driver.finish(seconds: 6) == [run((5, 0), (6, 0))])
    #expect(driver.finish(seconds: 4) == [])
  }

  @Test func aMaximumOfOneMeansOne() {
    var driver = Driver(maxBatch: 1)
    #expect(driver.arrive(1, ready: 2) == [run((1, 0))])
    #expect(driver.arrive(2, ready: 1) == [])
    #expect(driver.finish(seconds: 3) == [run((1, 1))])
    #expect(driver.finish(seconds: 3) == [run((2, 0))])
  }

  /// Two requests of 64 images before it don't make a small one wait for sixteen batches, and go on beside a stream
  /// of small ones.
  @Test func largeAndSmallRequestsTakeTurns() {
    var driver = Driver(maxBatch: 8)
    _ = driver.arrive(1, ready: 64)
    _ = driver.arrive(2, ready: 64)
    _ = driver.finish(seconds: 10)
    _ = driver.arrive(3, ready: 1)
    let next = batch(driver.finish(seconds: 10))
    #expect(next?.count == 8 && next?.contains(Image(request: 3, index: 0)) == true)
    for id in 10..<22 {
      _ = driver.arrive(id, ready: 1)
      let images = batch(driver.finish(seconds: 10)) ?? []
      #expect(images.contains { $0.request == id } && images.contains { $0.request < 3 })
    }
  }

  @Test func whatNobodyWantsOrWouldBeLateIsDropped() {
    var driver = Driver()
    _ = driver.arrive(0, ready: 1)
    driver.unwanted = [1]
    _ = driver.arrive(1, ready: 2)
    _ = driver.arrive(2, ready: 1, deadline: 15)
    _ = driver.arrive(3, ready: 1)
    // A batch that begins now would end after 15.
    driver.now = 14
    #expect(
      driver.finish(seconds: 3) == [
        .drop(Image(request: 1, index: 0), .abandoned), .drop(Image(request: 1, index: 1), .abandoned),
        .drop(Image(request: 2, index: 0), .expired), run((3, 0)),
      ])
    #expect(driver.scheduler.waiting == 0 && !driver.scheduler.knows(1) && !driver.scheduler.knows(2))
  }

  /// An image that is being decoded is worth half a batch's base cost of waiting, and no more.
  @Test func anIdleEngineWaitsForWhatIsBeingDecoded() {
    var driver = Driver()
    _ = driver.arrive(1, work: [1])
    _ = driver.arrive(2, work: [1])
    driver.now = 10
    #expect(isWait(driver.prepared(1), until: 11))
    driver.now = 10.5
    #expect(driver.prepared(2) == [run((1, 0), (2, 0))])
    _ = driver.finish(seconds: 4)
    // One that can't be decoded is waited for until it is known.
    _ = driver.arrive(3, work: [1])
    _ = driver.arrive(4, work: [1])
    driver.now = 20
    #expect(isWait(driver.prepared(3), until: 21))
    #expect(driver.prepared(4, isGood: false) == [run((3, 0))])
    _ = driver.finish(seconds: 3)
    // One that takes for ever is not.
    _ = driver.arrive(5, work: [1])
    _ = driver.arrive(6, work: [1])
    driver.now = 30
    #expect(isWait(driver.prepared(5), until: 31))
    driver.now = 31
    #expect(driver.pass() == [run((5, 0))])
  }

  @Test func twoModelsTakeTurnsAndKnowTheirOwnCosts() {
    var driver = Driver()
    driver.scheduler.open(lane: 2)
    driver.scheduler.learn(lane: 2, imageCount: 1, seconds: 100)
    _ = driver.arrive(1, ready: 1)
    driver.now = 1
    #expect(driver.arrive(2, ready: 1, lane: 2) == [])
    driver.now = 2
    #expect(driver.arrive(3, ready: 1) == [])
    #expect(driver.finish(seconds: 3) == [.run(lane: 2, [Image(request: 2, index: 0)])])
    #expect(driver.finish(seconds: 100) == [run((3, 0))])
    #expect(driver.scheduler.cost(lane: 1).perBatch < 2.5)
  }
}

@Suite struct ChoreTests {
  @Test func choresAndBatchesTakeTurns() {
    var driver = Driver(maxBatch: 1)
    func chore(_ id: Int) -> [Scheduler.Decision] {
      driver.scheduler.chore(id, seconds: 5, now: driver.now) { _ in true }
    }
    _ = driver.arrive(1, ready: 3)
    #expect(chore(7) == [] && chore(8) == [])
    #expect(driver.finish(seconds: 3) == [.perform(chore: 7)])
    #expect(driver.scheduler.choreEnded(now: 8) { _ in true } == [run((1, 1))])
    #expect(driver.finish(seconds: 3) == [.perform(chore: 8)])
    #expect(driver.scheduler.choreEnded(now: 16) { _ in true } == [run((1, 2))])
  }

  @Test func aChoreTeachesNothingAboutBatchesAndIsWaitedFor() {
    var driver = Driver()
    let before = driver.scheduler.cost(lane: 1)
    _ = driver.scheduler.chore(7, seconds: 50, now: 0) { _ in true }
    guard case .late(let retryAfter)? = refusal(driver.arrive(1, ready: 1, deadline: 20)) else {
      Issue.record("a request is taken in that can't be answered in time")
      return
    }
    #expect(abs(retryAfter - (50 + 3 * 1.05 - 20)) < 0.01)
    driver.now = 50
    _ = driver.scheduler.choreEnded(now: 50) { _ in true }
    let after = driver.scheduler.cost(lane: 1)
    #expect(before.perBatch == after.perBatch && before.perImage == after.perImage)
  }
}

@Suite struct AdmissionTests {
  @Test func anIdleMachineTakesWhatItCanAnswerInTime() {
    var driver = Driver()
    // 3 s, and a twentieth of caution.
    #expect(refusal(driver.arrive(1, ready: 1, deadline: 3.2)) == nil)
    var another = Driver()
    guard case .impossible(let seconds)? = refusal(another.arrive(1, ready: 1, deadline: 3)) else {
      Issue.record("a request that takes longer than it gives is taken in")
      return
    }
    #expect(abs(seconds - 3.15) < 0.01 && another.scheduler.waiting == 0)
  }

  @Test func whatWaitsAndWhatRunsCountsBeforeIt() {
    var driver = Driver()
    _ = driver.arrive(1, ready: 4)
    driver.now = 1
    _ = driver.arrive(2, ready: 1)
    // 6 s and a twentieth less one of the batch that runs are left; then a batch of two images.
    let wait = driver.scheduler.predictedWait([nil], lane: 1, now: 1)
    #expect(abs(wait - (1.05 * 6 - 1 + 1.05 * 4)) < 0.01)
    guard case .late(let retryAfter)? = refusal(driver.arrive(3, ready: 1, deadline: 9)) else {
      Issue.record("a request is taken in that can't be answered in time")
      return
    }
    #expect(abs(retryAfter - (1 + wait - 9)) < 1e-9)
    // What Retry-After promises holds when nobody else comes.
    driver.now = 1 + retryAfter
    #expect(refusal(driver.arrive(4, ready: 1, deadline: 9 + retryAfter + 1e-9)) == nil)
  }

  /// A form of many images delays a lone one by one image's turn, not by all of its batches.
  @Test func aLargeRequestCountsByItsTurns() {
    var driver = Driver()
    _ = driver.arrive(1, ready: 64)
    #expect(driver.scheduler.predictedWait([nil], lane: 1, now: 0) < 1.06 * (6 + 5))
    #expect(driver.scheduler.predictedWait(Array(repeating: nil, count: 60), lane: 1, now: 0) > 120 + 60)
  }

  @Test func theQueueIsBoundedInImages() {
    var driver = Driver(maxQueue: 5)
    _ = driver.arrive(0, ready: 1)
    #expect(refusal(driver.arrive(1, ready: 4)) == nil)
    guard case .full(let retryAfter)? = refusal(driver.arrive(2, ready: 2)) else {
      Issue.record("six images wait where five may")
      return
    }
    #expect(retryAfter > 0)
    #expect(refusal(driver.arrive(3, ready: 1)) == nil)
    #expect(driver.scheduler.waiting == 5)
  }

  /// Decoding counts: what takes too long to decode is refused by its head.
  @Test func decodingIsPartOfTheWait() {
    var driver = Driver(preparers: 2)
    guard case .impossible(let seconds)? = refusal(driver.arrive(1, work: [10], deadline: 12)) else {
      Issue.record("10 s of decoding and a batch of 3 fit into 12")
      return
    }
    #expect(abs(seconds - (10 + 3.15)) < 0.01)
    // 64 images of a second on two threads, then sixteen batches of four.
    #expect(refusal(driver.arrive(2, work: Array(repeating: 1, count: 64), deadline: 100)) != nil)
    #expect(refusal(driver.arrive(3, work: Array(repeating: 1, count: 64), deadline: 200)) == nil)
    // A photo of a tenth of a second comes after what runs, and one more image of the form.
    let wait = driver.scheduler.predictedWait(
      [Preparation(PreparationKind("decoding", guess: 1), work: 0.1, byteCount: 1)], lane: 1, now: 0)
    #expect(wait < 2 + 6.3 + 3.15)
  }
}

@Suite struct PreparationTests {
  @Test func asManyAsThereAreThreads() {
    var driver = Driver(preparers: 2)
    #expect(
      driver.arrive(1, work: [1, 1, 1]) == [
        .prepare(Image(request: 1, index: 0)), .prepare(Image(request: 1, index: 1)),
      ])
    driver.now = 1
    #expect(driver.prepared(1, 0).first == .prepare(Image(request: 1, index: 2)))
  }

  /// Three forms of large images don't delay a stranger's photo beyond one turn: it is next.
  @Test func aSmallPhotoGoesBeforeLargeOnes() {
    var driver = Driver(preparers: 2)
    for id in 1...3 { _ = driver.arrive(id, work: Array(repeating: 0.5, count: 64)) }
    #expect(driver.arrive(9, work: [0.01]) == [])
    driver.now = 0.5
    #expect(driver.prepared(1, 0, seconds: 0.5).contains(.prepare(Image(request: 9, index: 0))))
  }

  /// Nor do many requests of one large image each.
  @Test func norDoManyLargeOnesOfOthersDelayIt() {
    var driver = Driver(preparers: 1)
    for id in 1...60 { _ = driver.arrive(id, work: [0.5]) }
    driver.now = 0.5
    _ = driver.prepared(1, seconds: 0.5)
    _ = driver.arrive(99, work: [0.01])
    driver.now = 1
    #expect(driver.prepared(2, seconds: 0.5).contains(.prepare(Image(request: 99, index: 0))))
  }

  /// A large image is served however many small ones come.
  @Test func nobodyStarves() {
    var driver = Driver(preparers: 1)
    _ = driver.arrive(0, work: [0.1])
    _ = driver.arrive(1, work: [5])
    var (running, served) = (0, false)
    for id in 2..<400 where !served {
      _ = driver.arrive(id, work: [0.1], lane: nil)
      driver.now += 0.1
      for case .prepare(let image) in driver.prepared(running, seconds: 0.1) {
        running = image.request
        served = running == 1
      }
    }
    #expect(served)
  }

  /// Large ones wait for memory in their order; a small one goes past.
  @Test func memoryIsBounded() {
    var driver = Driver(preparers: 4, bytes: 1600)
    _ = driver.arrive(1, work: [1], bytes: 1000)
    #expect(driver.arrive(2, work: [1], bytes: 1000) == [])
    // As small as the rest, but not small.
    #expect(driver.arrive(3, work: [1], bytes: 500) == [])
    #expect(driver.arrive(4, work: [1], bytes: 100) == [.prepare(Image(request: 4, index: 0))])
    _ = driver.prepared(4)
    let next = driver.prepared(1)
    #expect(next.contains(.prepare(Image(request: 2, index: 0))))
    #expect(next.contains(.prepare(Image(request: 3, index: 0))))
  }

  @Test func anExpiredOrAbandonedRequestIsNotPrepared() {
    var driver = Driver(preparers: 1)
    _ = driver.arrive(1, work: [1, 1])
    driver.unwanted = [1]
    #expect(driver.prepared(1, 0).contains(.drop(Image(request: 1, index: 1), .abandoned)))
    #expect(!driver.scheduler.knows(1) && driver.scheduler.waiting == 0)
  }

  @Test func aTaskEndsWithItsPreparation() {
    var driver = Driver()
    #expect(driver.arrive(1, work: [1], lane: nil) == [.prepare(Image(request: 1, index: 0))])
    #expect(driver.scheduler.waiting == 0)
    #expect(driver.prepared(1) == [])
    #expect(!driver.scheduler.knows(1))
  }

  @Test func decodingIsProgressHoweverItEnds() {
    var driver = Driver(preparers: 1)
    #expect(driver.scheduler.standstill(now: 500) == 0)
    driver.now = 500
    _ = driver.arrive(1, work: Array(repeating: 1, count: 5))
    for index in 0..<5 {
      driver.now += 100
      #expect(driver.scheduler.standstill(now: driver.now) == 100)
      _ = driver.prepared(1, index, seconds: 1, isGood: false)
      #expect(driver.scheduler.standstill(now: driver.now) == 0)
    }
    #expect(driver.scheduler.standstill(now: 5000) == 0)
    _ = driver.arrive(2, ready: 1)
    #expect(driver.scheduler.standstill(now: driver.now + 7) == 7)
  }
}
