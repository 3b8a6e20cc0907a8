import DequeModule

/// Which work of a machine runs when: a value with no clock, no thread and no lock inside.
///
/// It is told what arrives and what has ended, and the time in seconds of any clock, and answers with decisions:
/// what to prepare, which images to run as a batch, until when to wait, what to refuse and what to drop. It knows all
/// work of the machine: preparations (reading requests, decoding images), which share some threads and a budget of
/// memory; batches, one at a time, whichever model they belong to; and chores such as the proof of a model that is
/// being loaded, which run in turn with batches and teach nothing about their cost.
///
///     arrived ─→ refuse │ prepare … prepared ─→ run … finished
///                       └──── drop (deadline, client gone)
package struct Scheduler: Sendable {
  /// How much at once.
  package struct Limits: Sendable {
    /// Images in a batch.
    package var maxBatch: Int
    /// Images accepted that have not begun to run.
    package var maxQueue: Int
    /// Preparations at once.
    package var preparerCount: Int
    /// Bytes that they may hold together.
    package var preparationBytes: Int

    package init(maxBatch: Int, maxQueue: Int, preparerCount: Int, preparationBytes: Int) {
      precondition(maxBatch >= 1 && preparerCount >= 1, "a batch and a thread of one at least")
      (self.maxBatch, self.maxQueue) = (maxBatch, maxQueue)
      (self.preparerCount, self.preparationBytes) = (preparerCount, preparationBytes)
    }
  }

  /// One image of a request, or the one piece of a task.
  package struct Image: Hashable, Sendable {
    package let request, index: Int

    package init(request: Int, index: Int) { (self.request, self.index) = (request, index) }
  }

  /// Why a request is not taken in.
  package enum Refusal: Equatable, Sendable {
    /// No room for its images now; worth another try after so many seconds.
    case full(retryAfter: Double)
    /// It would be answered after its deadline; worth another try after so many seconds.
    case late(retryAfter: Double)
    /// Even an idle machine would need so many seconds, more than the request gives.
    case impossible(seconds: Double)
  }

  /// Why an image that was accepted does not run.
  package enum DropReason: Sendable {
    /// Nobody waits for it any more.
    case abandoned
    /// Its answer would come after the deadline.
    case expired
  }

  /// What to do now.
  package enum Decision: Equatable, Sendable {
    /// Turn down the request that has just arrived.
    case refuse(Refusal)
    /// Prepare an image; tell `prepared` afterwards.
    case prepare(Image)
    /// Run images of one model; tell `finished` afterwards.
    case run(lane: Int, [Image])
    /// Do a chore alone on the engine's threads; tell `choreEnded` afterwards.
    case perform(chore: Int)
    /// Tell whoever waits for an image that it does not run.
    case drop(Image, DropReason)
    /// Tell `timePassed` then, unless something else happens before.
    case wait(until: Double)
  }

  /// Asked once a decision for each request that would get something: whether somebody still waits for it.
  package typealias IsWanted = (_ request: Int) -> Bool

  package let limits: Limits
  var lanes: [Int: Lane] = [:]
  var requests: [Int: Request] = [:]
  var preparationQueue = FairQueue()
  var preparationCost = PreparationCost()
  /// Seconds of preparation that each request has before it.
  var unprepared = CappedSum()
  /// Those that run, their estimated seconds, and since when.
  var preparing: [Image: (preparation: Preparation, seconds: Double, since: Double)] = [:]
  var preparingBytes = 0
  var engine = Engine.idle
  var chores: [Chore] = []
  /// A batch and a chore take turns.
  var lastWasChore = false
  /// Images accepted that have not begun to run, those in preparation included.
  package internal(set) var waiting = 0
  /// When a preparation, a batch or a chore last began or ended, or work came to an idle machine.
  var lastProgress = 0.0
  /// What `wait` last said.
  var awaited: Double?

  package init(_ limits: Limits) { self.limits = limits }

  /// Work that waits for a batch of one model.
  struct Lane: Sendable {
    var cost = BatchCost()
    var queue = FairQueue()
    /// Images that are ready, and those that were accepted and have not begun; the latter by requests.
    var readyCount = 0
    var waiting = 0
    var left = CappedSum()
    /// Requests in the order in which their first image became ready; those without one any more are skipped.
    var readyOrder: Deque<(request: Int, since: Double)> = []
  }

  struct Request: Sendable {
    /// nil for a task, which ends with its preparation.
    let lane: Int?
    let deadline: Double
    let preparations: [Preparation?]
    /// What each was thought to take when it came.
    let seconds: [Double]
    /// Not begun to be prepared, in order, and the seconds of them.
    var unprepared: ArraySlice<Int>
    var unpreparedSeconds: Double
    /// Ready for a batch, in order, and since when the first of them is.
    var ready: [Int] = []
    var readySince = 0.0
    /// Images whose fate is open.
    var left: Int
  }

  struct Chore: Sendable {
    let id: Int
    /// As somebody guessed.
    let seconds: Double
  }

  enum Engine: Sendable {
    case idle
    case batch(lane: Int, imageCount: Int, since: Double)
    case chore(seconds: Double, since: Double)
  }
}

// What happens.
extension Scheduler {
  /// A model comes to the machine.
  package mutating func open(lane: Int) { lanes[lane] = Lane() }

  /// A model has gone; none of its images may be left.
  package mutating func close(lane: Int) {
    precondition(lanes[lane]?.waiting ?? 0 == 0, "a model goes when its last image has run")
    lanes[lane] = nil
  }

  /// Teaches what a model's batch costs before its first request.
  package mutating func learn(lane: Int, imageCount: Int, seconds: Double) {
    lanes[lane]?.cost.observe(imageCount: imageCount, seconds: seconds)
  }

  /// A request asks to come in.
  ///
  /// - Parameters:
  ///   - lane: whose images they are; nil for a task, which ends with its preparation.
  ///   - images: what each needs before a batch can have it; nil for one that is ready.
  ///   - deadline: when its answer is due.
  package mutating func arrived(
    _ id: Int, lane: Int?, images: [Preparation?], deadline: Double, now: Double, isWanted: IsWanted
  ) -> [Decision] {
    precondition(lane.map { lanes[$0] != nil } ?? true, "a model that has gone takes no images")
    if let refusal = refusal(of: images, lane: lane, deadline: deadline, now: now) {
      return [.refuse(refusal)]
    }
    if isIdle { lastProgress = now }
    let seconds = images.map { $0.map(preparationCost.seconds) ?? 0 }
    requests[id] = Request(
      lane: lane, deadline: deadline, preparations: images, seconds: seconds,
      unprepared: images.indices.filter { images[$0] != nil }[...],
      unpreparedSeconds: seconds.reduce(0, +), left: images.count)
    unprepared.replace(0, by: seconds.reduce(0, +))
    if let lane {
      waiting += images.count
      lanes[lane]?.waiting += images.count
      lanes[lane]?.left.replace(0, by: Double(images.count))
    }
    for index in images.indices where images[index] == nil {
      makeReady(Image(request: id, index: index), now)
    }
    enterPreparation(id)
    return next(now, isWanted)
  }

  /// An image's preparation has ended.
  ///
  /// - Parameter isGood: whether the image goes on to a batch.
  package mutating func prepared(
    _ image: Image, seconds: Double, isGood: Bool, now: Double, isWanted: IsWanted
  ) -> [Decision] {
    if let done = preparing.removeValue(forKey: image) {
      preparingBytes -= done.preparation.byteCount
      preparationCost.observe(done.preparation, seconds: seconds)
    }
    lastProgress = now
    if isGood, requests[image.request]?.lane != nil { makeReady(image, now) } else { settle(image) }
    return next(now, isWanted)
  }

  /// The batch that ran has ended.
  package mutating func finished(seconds: Double, now: Double, isWanted: IsWanted) -> [Decision] {
    if case .batch(let lane, let imageCount, _) = engine {
      lanes[lane]?.cost.observe(imageCount: imageCount, seconds: seconds)
    }
    return engineIsFree(now, isWanted)
  }

  /// Something wants the engine's threads for itself.
  ///
  /// - Parameter seconds: how long it may take, for what is predicted of others.
  package mutating func chore(_ id: Int, seconds: Double, now: Double, isWanted: IsWanted) -> [Decision] {
    if isIdle { lastProgress = now }
    chores.append(Chore(id: id, seconds: seconds))
    return next(now, isWanted)
  }

  /// The chore that ran has ended.
  package mutating func choreEnded(now: Double, isWanted: IsWanted) -> [Decision] {
    engineIsFree(now, isWanted)
  }

  /// Nothing has happened until the time that `wait` named.
  package mutating func timePassed(now: Double, isWanted: IsWanted) -> [Decision] {
    awaited = nil
    return next(now, isWanted)
  }

  private mutating func engineIsFree(_ now: Double, _ isWanted: IsWanted) -> [Decision] {
    engine = .idle
    lastProgress = now
    return next(now, isWanted)
  }
}

// What can be asked.
extension Scheduler {
  /// The fitted cost of a model's batch: seconds an image, and seconds a batch.
  package func cost(lane: Int) -> (perImage: Double, perBatch: Double) {
    lanes[lane].map { ($0.cost.perImage, $0.cost.perBatch) } ?? (0, 0)
  }

  /// Whether something of a request is still to be decided.
  package func knows(_ request: Int) -> Bool { requests[request] != nil }

  /// How long the first ready image has waited; 0 for none.
  package func oldestAge(now: Double) -> Double {
    lanes.values.reduce(0) { age, lane in max(age, readySince(lane).map { now - $0 } ?? 0) }
  }

  /// Seconds for which nothing has begun or ended although there is work; 0 without any.
  ///
  /// A preparation that ends badly is progress as well: what clients send can't make a machine stand still.
  package func standstill(now: Double) -> Double { isIdle ? 0 : max(0, now - lastProgress) }

  /// Since when the first ready image of a model has been so.
  func readySince(_ lane: Lane) -> Double? { lane.readyOrder.first(where: isReady)?.since }

  func isReady(_ entry: (request: Int, since: Double)) -> Bool {
    requests[entry.request].map { !$0.ready.isEmpty && $0.readySince == entry.since } ?? false
  }

  /// Whether nothing is to be done.
  var isIdle: Bool {
    if case .idle = engine { requests.isEmpty && chores.isEmpty } else { false }
  }
}
