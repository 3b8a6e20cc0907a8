import Dispatch
import SoftMoEViT
import Synchronization

/// Whoever waits for images, or for one task, on a machine.
package protocol MachineRequest: AnyObject, Sendable {
  /// Whether somebody still waits; asked under the machine's lock, so it must not call the machine.
  var isWanted: Bool { get }

  /// Prepares an image; called on one of the machine's preparation threads.
  ///
  /// - Returns: whether it goes on to a batch.
  func prepare(_ index: Int) -> Bool

  /// An image does not run; called once for it instead of a batch.
  func drop(_ index: Int, _ reason: Scheduler.DropReason)
}

/// A model that runs batches.
package protocol MachineLane: AnyObject, Sendable {
  /// Runs a batch on the engine's threads; never two at a time on one machine.
  ///
  /// - Returns: what tells the results; called once, while the next batch runs.
  func run(_ images: [Machine.Image]) -> @Sendable (Duration) -> Void
}

/// The machine that inference runs on: a `Scheduler` with a clock, a lock and Dispatch queues.
///
/// Preparations run on a concurrent queue, as many at once as the scheduler says; batches and chores on a serial one;
/// results are told on a third while the next batch runs. No thread waits for another.
package final class Machine: Sendable {
  /// One image of a request.
  package struct Image: Sendable {
    package let request: any MachineRequest
    package let index: Int
  }

  /// The engine's threads, used by whatever runs on the compute queue.
  package let threads: ThreadPool
  /// Who multiplies, for every model.
  package let kernels: KernelSet
  /// The queue that batches and chores run on, one after another.
  package let computeQueue = DispatchQueue(label: "softmoe.compute")
  private let preparationQueue = DispatchQueue(
    label: "softmoe.prepare", attributes: .concurrent)
  private let completionQueue = DispatchQueue(label: "softmoe.completion")
  private let timerQueue = DispatchQueue(label: "softmoe.timer")
  private let start = ContinuousClock.now
  private let state: Mutex<State>

  private struct State: Sendable {
    var scheduler: Scheduler
    let waiting = Waiting()
    var lanes: [Int: any MachineLane] = [:]
    var chores: [Int: @Sendable () -> Void] = [:]
    var lastID = 0

    mutating func newID() -> Int {
      lastID += 1
      return lastID
    }
  }

  /// The requests that the scheduler knows; apart from it, since it asks them while it decides.
  private final class Waiting: @unchecked Sendable {
    // @unchecked: touched under the machine's lock alone.
    var requests: [Int: any MachineRequest] = [:]
  }

  /// What a decision asks for, with whom it is about.
  private enum Action {
    case prepare(Scheduler.Image, any MachineRequest)
    case run(any MachineLane, [Image])
    case perform(@Sendable () -> Void)
    case drop(Image, Scheduler.DropReason)
    case wait(until: Double)
  }

  /// Starts the engine's threads, which all models share.
  ///
  /// - Throws: `MachineError` when there are no threads, or the kernels can't run here.
  package init(_ limits: Scheduler.Limits, threadCount: Int, kernels: KernelChoice = .auto)
    throws(MachineError)
  {
    threads = try ThreadPool(threadCount: threadCount)
    self.kernels = try KernelSet(kernels)
    state = Mutex(State(scheduler: Scheduler(limits)))
  }

  /// A model comes.
  ///
  /// - Parameter make: is handed the number by which the machine knows it.
  package func open<Lane: MachineLane>(_ make: (Int) -> Lane) -> Lane {
    let id = state.withLock { $0.newID() }
    let lane = make(id)
    state.withLock { state in
      state.lanes[id] = lane
      state.scheduler.open(lane: id)
    }
    return lane
  }

  /// A model goes; all that it was handed must have been told.
  package func close(_ lane: Int) {
    state.withLock { state in
      state.lanes[lane] = nil
      state.scheduler.close(lane: lane)
    }
  }

  /// Teaches what a model's batch costs before its first request.
  package func learn(_ lane: Int, imageCount: Int, _ duration: Duration) {
    state.withLock { $0.scheduler.learn(lane: lane, imageCount: imageCount, seconds: duration / .seconds(1)) }
  }

  /// Takes a request in, unless it can't be answered in time.
  ///
  /// - Parameters:
  ///   - lane: the model; nil for a task, which ends with its preparation.
  ///   - images: what each needs before a batch can have it.
  /// - Returns: why it is refused; nothing of it is kept then.
  package func submit(
    _ request: any MachineRequest, lane: Int?, images: [Preparation?], deadline: ContinuousClock.Instant
  ) -> Scheduler.Refusal? {
    let due = seconds(deadline)
    let outcome = state.withLock { state in
      let id = state.newID()
      state.waiting.requests[id] = request
      return decide(&state, about: id) { scheduler, now, isWanted in
        scheduler.arrived(id, lane: lane, images: images, deadline: due, now: now, isWanted: isWanted)
      }
    }
    act(outcome.actions)
    return outcome.refusal
  }

  /// Why a request of one image that is ready would be refused now; nil when it would not be.
  package func refusal(lane: Int, deadline: ContinuousClock.Instant) -> Scheduler.Refusal? {
    let (now, due) = (seconds(.now), seconds(deadline))
    return state.withLock { $0.scheduler.refusal(of: [nil], lane: lane, deadline: due, now: now) }
  }

  /// Runs something alone on the engine's threads, in turn with batches, and waits for it.
  ///
  /// - Parameter seconds: how long it may take, for what is predicted of others.
  package func perform<Result: Sendable, Failure: Error>(
    seconds: Double, _ body: @escaping @Sendable () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let done = DispatchSemaphore(value: 0)
    let outcome = Mutex<Swift.Result<Result, Failure>?>(nil)
    let actions = state.withLock { state in
      let id = state.newID()
      state.chores[id] = {
        let result = Swift.Result { () throws(Failure) in try body() }
        outcome.withLock { $0 = result }
        done.signal()
      }
      return decide(&state, about: nil) { $0.chore(id, seconds: seconds, now: $1, isWanted: $2) }.actions
    }
    act(actions)
    done.wait()
    guard let result = outcome.withLock({ $0 }) else {
      preconditionFailure("a chore that was done has an outcome")
    }
    return try result.get()
  }

  /// Images accepted that have not begun to run.
  package var waiting: Int { state.withLock { $0.scheduler.waiting } }

  /// How long the first image that is ready for a batch has waited.
  package var oldestAge: Duration {
    let now = seconds(.now)
    return .seconds(state.withLock { $0.scheduler.oldestAge(now: now) })
  }

  /// For how long nothing has begun or ended although there is work; zero without any.
  package var standstill: Duration {
    let now = seconds(.now)
    return .seconds(state.withLock { $0.scheduler.standstill(now: now) })
  }

  /// The fitted cost of a model's batch: seconds an image, and seconds a batch.
  package func cost(_ lane: Int) -> (perImage: Double, perBatch: Double) {
    state.withLock { $0.scheduler.cost(lane: lane) }
  }

  private func seconds(_ instant: ContinuousClock.Instant) -> Double {
    start.duration(to: instant) / .seconds(1)
  }
}

// The shell around the scheduler.
extension Machine {
  private struct Outcome {
    var refusal: Scheduler.Refusal?
    var actions: [Action] = []
    /// Let go by whoever gets this, since the last reference to a model must not go under the lock.
    var ended: [any MachineRequest] = []
  }

  /// Tells the scheduler what has happened, and finds out whom its decisions are about.
  private func decide(
    _ state: inout State, about request: Int?,
    _ event: (inout Scheduler, Double, Scheduler.IsWanted) -> [Scheduler.Decision]
  ) -> Outcome {
    let waiting = state.waiting
    let decisions = event(&state.scheduler, seconds(.now)) { waiting.requests[$0]?.isWanted ?? false }
    var touched = Set(request.map { [$0] } ?? [])
    var outcome = Outcome()
    func image(_ image: Scheduler.Image) -> Image? {
      touched.insert(image.request)
      return waiting.requests[image.request].map { Image(request: $0, index: image.index) }
    }
    for decision in decisions {
      switch decision {
      case .refuse(let refusal): outcome.refusal = refusal
      case .prepare(let place):
        if let found = image(place) { outcome.actions.append(.prepare(place, found.request)) }
      case .drop(let place, let reason):
        if let found = image(place) { outcome.actions.append(.drop(found, reason)) }
      case .run(let lane, let images):
        if let model = state.lanes[lane] { outcome.actions.append(.run(model, images.compactMap(image))) }
      case .perform(let chore):
        if let body = state.chores.removeValue(forKey: chore) { outcome.actions.append(.perform(body)) }
      case .wait(let until): outcome.actions.append(.wait(until: until))
      }
    }
    for id in touched where !state.scheduler.knows(id) {
      if let ended = waiting.requests.removeValue(forKey: id) { outcome.ended.append(ended) }
    }
    return outcome
  }

  private func happened(
    to request: Int? = nil, _ event: (inout Scheduler, Double, Scheduler.IsWanted) -> [Scheduler.Decision]
  ) -> [Action] {
    let outcome = state.withLock { decide(&$0, about: request, event) }
    return outcome.actions
  }

  private func act(_ actions: [Action]) {
    for action in actions {
      switch action {
      case .prepare(let image, let request):
        preparationQueue.async { self.prepare(image, request) }
      case .run(let lane, let images): computeQueue.async { self.run(images, lane) }
      case .perform(let body):
        computeQueue.async {
          body()
          self.act(self.happened { $0.choreEnded(now: $1, isWanted: $2) })
        }
      case .drop(let image, let reason): completionQueue.async { image.request.drop(image.index, reason) }
      case .wait(let until):
        let delay = max(0, until - seconds(.now))
        timerQueue.asyncAfter(deadline: .now() + delay) {
          self.act(self.happened { $0.timePassed(now: $1, isWanted: $2) })
        }
      }
    }
  }

  private func prepare(_ image: Scheduler.Image, _ request: any MachineRequest) {
    let begin = ContinuousClock.now
    let isGood = request.prepare(image.index)
    let time = begin.duration(to: .now) / .seconds(1)
    act(
      happened(to: image.request) { $0.prepared(image, seconds: time, isGood: isGood, now: $1, isWanted: $2) }
    )
  }

  private func run(_ images: [Image], _ lane: any MachineLane) {
    dispatchPrecondition(condition: .onQueue(computeQueue))
    let begin = ContinuousClock.now
    let tell = lane.run(images)
    let duration = begin.duration(to: .now)
    // First the next batch, then the answers: they are written while it computes.
    act(happened { $0.finished(seconds: duration / .seconds(1), now: $1, isWanted: $2) })
    completionQueue.async { tell(duration) }
  }
}
