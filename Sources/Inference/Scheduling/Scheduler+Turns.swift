// Who is next.
extension Scheduler {
  /// Whether requests are wanted, each asked once.
  private struct Wanted {
    let ask: IsWanted
    var known: [Int: Bool] = [:]

    mutating func callAsFunction(_ request: Int) -> Bool {
      if let known = known[request] { return known }
      let answer = ask(request)
      known[request] = answer
      return answer
    }
  }

  mutating func next(_ now: Double, _ isWanted: IsWanted) -> [Decision] {
    withoutActuallyEscaping(isWanted) { ask in
      var wanted = Wanted(ask: ask)
      var decisions: [Decision] = []
      startPreparations(now, &wanted, &decisions)
      startEngine(now, &wanted, &decisions)
      return decisions
    }
  }

  /// An image can be in a batch from now on.
  mutating func makeReady(_ image: Image, _ now: Double) {
    guard var request = requests[image.request], let lane = request.lane else { return }
    if request.ready.isEmpty {
      request.readySince = now
      lanes[lane]?.readyOrder.append((image.request, now))
      lanes[lane]?.queue.add(image.request, cost: 1)
    }
    request.ready.append(image.index)
    lanes[lane]?.readyCount += 1
    requests[image.request] = request
  }

  /// An image's fate is known without a batch.
  mutating func settle(_ image: Image) {
    if let lane = requests[image.request]?.lane {
      waiting -= 1
      lanes[lane]?.waiting -= 1
    }
    close(image)
  }

  /// Nothing more is to be decided of an image.
  private mutating func close(_ image: Image) {
    guard let left = requests[image.request]?.left else { return }
    requests[image.request]?.left = left - 1
    if let lane = requests[image.request]?.lane {
      lanes[lane]?.left.replace(Double(left), by: Double(left - 1))
      if left == 1 { lanes[lane]?.queue.forget(image.request) }
    }
    guard left == 1 else { return }
    preparationQueue.forget(image.request)
    requests[image.request] = nil
  }

  mutating func enterPreparation(_ id: Int) {
    guard let request = requests[id], let index = request.unprepared.first else { return }
    preparationQueue.add(id, cost: request.seconds[index])
  }

  /// Sets what a request has before it in preparation.
  private mutating func setUnprepared(_ id: Int, _ rest: ArraySlice<Int>) {
    guard var request = requests[id] else { return }
    let seconds = rest.reduce(0) { $0 + request.seconds[$1] }
    unprepared.replace(request.unpreparedSeconds, by: seconds)
    (request.unprepared, request.unpreparedSeconds) = (rest, seconds)
    requests[id] = request
  }

  // Preparations: as many at once as there are threads and memory.

  private mutating func startPreparations(
    _ now: Double, _ wanted: inout Wanted, _ decisions: inout [Decision]
  ) {
    while preparing.count < limits.preparerCount, let id = nextPreparation() {
      if let reason = reasonToDrop(id, end: now, &wanted) {
        drop(id, reason, &decisions)
      } else if let request = requests[id], let index = request.unprepared.first,
        let work = request.preparations[index]
      {
        setUnprepared(id, request.unprepared.dropFirst())
        let image = Image(request: id, index: index)
        preparing[image] = (work, preparationCost.seconds(work), now)
        preparingBytes += work.byteCount
        lastProgress = now
        decisions.append(.prepare(image))
        enterPreparation(id)
      }
    }
  }

  /// The request whose next image fits the memory.
  ///
  /// A large one whose turn it is waits for memory to come free; small ones go past it, which delays it by next to
  /// nothing, other large ones do not.
  private mutating func nextPreparation() -> Int? {
    let room = limits.preparationBytes - preparingBytes
    let isAlone = preparing.isEmpty
    var isBlocked = false
    let requests = requests
    let small = limits.preparationBytes / 16
    return preparationQueue.next { id in
      let bytes = requests[id].flatMap { $0.preparations[$0.unprepared.first ?? 0] }?.byteCount ?? 0
      // One that is larger than all of the memory was judged by whoever made it; it runs alone.
      let fits = (bytes <= room || isAlone) && (!isBlocked || bytes <= small)
      isBlocked = isBlocked || !fits
      return fits
    }
  }

  // The engine: a batch or a chore at a time.

  private mutating func startEngine(_ now: Double, _ wanted: inout Wanted, _ decisions: inout [Decision]) {
    guard case .idle = engine else { return }
    if let chore = chores.first, !lastWasChore || lanes.values.allSatisfy({ $0.readyCount == 0 }) {
      return perform(chore, now, &decisions)
    }
    while let lane = nextLane() {
      if let until = timeToWaitFor(lane, now) {
        if awaited != until { decisions.append(.wait(until: until)) }
        awaited = until
        return
      }
      let images = takeBatch(lane, now, &wanted, &decisions)
      guard !images.isEmpty else { continue }
      engine = .batch(lane: lane, imageCount: images.count, since: now)
      (lastWasChore, lastProgress, awaited) = (false, now, nil)
      decisions.append(.run(lane: lane, images))
      return
    }
    if let chore = chores.first { perform(chore, now, &decisions) }
  }

  private mutating func perform(_ chore: Chore, _ now: Double, _ decisions: inout [Decision]) {
    chores.removeFirst()
    engine = .chore(seconds: chore.seconds, since: now)
    (lastWasChore, lastProgress) = (true, now)
    decisions.append(.perform(chore: chore.id))
  }

  /// The model whose first image has been ready for the longest.
  private mutating func nextLane() -> Int? {
    for id in lanes.keys {
      while let first = lanes[id]?.readyOrder.first, !isReady(first) { lanes[id]?.readyOrder.removeFirst() }
    }
    return lanes.compactMap { id, lane in lane.readyOrder.first.map { (id, $0.since) } }
      .min { $0.1 < $1.1 }?.0
  }

  /// Until when an idle engine should wait for images that are being prepared, nil when it should not.
  ///
  /// Clients that got their answers together ask again together: the first of them alone would make a batch that
  /// costs almost what the rest will cost. Half of a batch's base cost is worth it; a lone request has nobody to
  /// wait for.
  private func timeToWaitFor(_ id: Int, _ now: Double) -> Double? {
    guard let lane = lanes[id], lane.readyCount < limits.maxBatch, lane.waiting > lane.readyCount,
      let since = readySince(lane)
    else { return nil }
    let until = since + lane.cost.perBatch / 2
    return now < until ? until : nil
  }

  /// Images of one model in turn, a batch of them at most; those that nobody wants or that would be late are dropped.
  private mutating func takeBatch(
    _ lane: Int, _ now: Double, _ wanted: inout Wanted, _ decisions: inout [Decision]
  ) -> [Image] {
    let readyCount = lanes[lane]?.readyCount ?? 0
    let end = now + predictedBatch(imageCount: min(limits.maxBatch, readyCount), lane: lane)
    var images: [Image] = []
    while images.count < limits.maxBatch, let id = lanes[lane]?.queue.next() {
      if let reason = reasonToDrop(id, end: end, &wanted) {
        drop(id, reason, &decisions)
        continue
      }
      guard var request = requests[id], !request.ready.isEmpty else { continue }
      images.append(Image(request: id, index: request.ready.removeFirst()))
      requests[id] = request
      lanes[lane]?.readyCount -= 1
      if !request.ready.isEmpty { lanes[lane]?.queue.add(id, cost: 1) }
    }
    for image in images { settle(image) }
    return images
  }

  private func reasonToDrop(_ id: Int, end: Double, _ wanted: inout Wanted) -> DropReason? {
    guard let request = requests[id] else { return nil }
    return end > request.deadline ? .expired : wanted(id) ? nil : .abandoned
  }

  /// Drops all images of a request that have not begun; one that is being prepared meets its fate later.
  private mutating func drop(_ id: Int, _ reason: DropReason, _ decisions: inout [Decision]) {
    guard let request = requests[id] else { return }
    setUnprepared(id, [])
    requests[id]?.ready = []
    preparationQueue.forget(id)
    if let lane = request.lane {
      lanes[lane]?.queue.forget(id)
      lanes[lane]?.readyCount -= request.ready.count
    }
    for index in request.ready + request.unprepared {
      let image = Image(request: id, index: index)
      decisions.append(.drop(image, reason))
      settle(image)
    }
  }
}
