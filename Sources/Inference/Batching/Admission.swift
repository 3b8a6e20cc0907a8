/// Who comes in: a pure state machine that knows what waits, what runs, and what it will cost.
///
/// It is handed the time, in seconds of any clock.
package struct Admission {
  /// What becomes of a request on arrival.
  package enum Decision: Equatable {
    case admitted
    /// No room for its images now; worth another try after so many seconds.
    case full(retryAfter: Double)
    /// It would be answered after its deadline; worth another try after so many seconds.
    case late(retryAfter: Double)
    /// Even an idle engine would need so many seconds, more than the request gives.
    case impossible(seconds: Double)
  }

  package let maxBatch: Int
  /// Images accepted that may wait for a batch.
  package let limit: Int
  package private(set) var cost = BatchCost()
  /// Images accepted that wait for a batch, those that are still being decoded included.
  package private(set) var waiting = 0
  /// The batch that runs: its images and when it began.
  package private(set) var running: (imageCount: Int, since: Double)?
  /// When a batch last began or ended.
  package private(set) var lastProgress = 0.0

  package init(maxBatch: Int, limit: Int) {
    (self.maxBatch, self.limit) = (maxBatch, limit)
  }

  /// Takes a request in, or says why not.
  ///
  /// - Parameter deadline: when its answer is due.
  package mutating func admit(imageCount: Int, now: Double, deadline: Double) -> Decision {
    let alone = predictedBatch(imageCount: imageCount)
    guard alone <= deadline - now else { return .impossible(seconds: alone) }
    guard waiting + imageCount <= limit else {
      let excess = waiting + imageCount - limit
      return .full(retryAfter: remaining(now) + cost.seconds(imageCount: excess, maxBatch: maxBatch))
    }
    let wait = predictedWait(imageCount: imageCount, now: now)
    guard now + wait <= deadline else { return .late(retryAfter: now + wait - deadline) }
    if waiting == 0, running == nil { lastProgress = now }
    waiting += imageCount
    return .admitted
  }

  /// Seconds for so many images on an idle engine, with caution.
  package func predictedBatch(imageCount: Int) -> Double {
    margin * cost.seconds(imageCount: imageCount, maxBatch: maxBatch)
  }

  /// Seconds until a request of so many images, handed in now, would be answered.
  package func predictedWait(imageCount: Int, now: Double) -> Double {
    remaining(now) + predictedBatch(imageCount: waiting + imageCount)
  }

  /// Images that were admitted and will not run.
  package mutating func release(imageCount: Int) { waiting -= imageCount }

  package mutating func began(imageCount: Int, now: Double) {
    waiting -= imageCount
    running = (imageCount, now)
    lastProgress = now
  }

  package mutating func ended(now: Double, seconds: Double) {
    if let running { cost.observe(imageCount: running.imageCount, seconds: seconds) }
    running = nil
    lastProgress = now
  }

  /// Teaches what a batch costs before the first request.
  package mutating func learn(imageCount: Int, seconds: Double) {
    cost.observe(imageCount: imageCount, seconds: seconds)
  }

  /// Seconds for which no batch has begun or ended although there is work; 0 without any.
  package func standstill(now: Double) -> Double {
    waiting > 0 || running != nil ? max(0, now - lastProgress) : 0
  }

  /// Predictions are kept by this factor of caution.
  private var margin: Double { 1.05 + min(0.5, cost.deviation) }

  private func remaining(_ now: Double) -> Double {
    guard let running else { return 0 }
    let whole = predictedBatch(imageCount: running.imageCount)
    return max(0, running.since + whole - now)
  }
}
