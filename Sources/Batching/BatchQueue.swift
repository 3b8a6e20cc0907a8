/// Which requests run next: a pure state machine without clock, thread or lock.
///
/// While the engine is idle a lone request runs at once; while it works, what arrives waits and becomes
/// the next batch, in order of arrival, at most `maxBatch` at a time.
package struct BatchQueue<Request> {
  /// What to do now.
  package enum Action {
    /// Give these to the engine; tell `finished` afterwards.
    case run([Request])
    /// The engine works, or nobody waits.
    case nothing
  }

  package let maxBatch: Int
  package private(set) var waiting: [Request] = []
  package private(set) var isRunning = false

  package init(maxBatch: Int) {
    precondition(maxBatch >= 1, "a batch holds at least one request")
    self.maxBatch = maxBatch
  }

  package mutating func enqueue(_ request: Request) { waiting.append(request) }

  package mutating func finished() {
    precondition(isRunning, "only a batch that runs can finish")
    isRunning = false
  }

  /// - Parameter isWanted: asked once for each request that would run; those refused go to `drop`.
  package mutating func next(isWanted: (Request) -> Bool, drop: (Request) -> Void) -> Action {
    guard !isRunning else { return .nothing }
    var batch: [Request] = []
    var taken = 0
    while batch.count < maxBatch, taken < waiting.count {
      let request = waiting[taken]
      taken += 1
      if isWanted(request) { batch.append(request) } else { drop(request) }
    }
    waiting.removeFirst(taken)
    guard !batch.isEmpty else { return .nothing }
    isRunning = true
    return .run(batch)
  }
}
