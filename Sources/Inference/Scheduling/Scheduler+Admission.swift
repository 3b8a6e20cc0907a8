// Who comes in: what can't be answered in time is refused on arrival, not after a wait.
extension Scheduler {
  /// Why a request is not taken in; nil when it is.
  func refusal(of images: [Preparation?], lane: Int?, deadline: Double, now: Double) -> Refusal? {
    let batch = lane.map { predictedBatch(imageCount: images.count, lane: $0) } ?? 0
    let alone = ownPreparation(images) + batch
    guard alone <= deadline - now else { return .impossible(seconds: alone) }
    if let lane, waiting + images.count > limits.maxQueue {
      let excess = waiting + images.count - limits.maxQueue
      return .full(retryAfter: remaining(now) + predictedBatch(imageCount: excess, lane: lane))
    }
    let wait = predictedWait(images, lane: lane, now: now)
    return now + wait <= deadline ? nil : .late(retryAfter: now + wait - deadline)
  }

  /// Seconds for so many images on an idle engine, with caution.
  package func predictedBatch(imageCount: Int, lane: Int) -> Double {
    guard let cost = lanes[lane]?.cost else { return 0 }
    return (1.05 + min(0.5, cost.deviation)) * cost.seconds(imageCount: imageCount, maxBatch: limits.maxBatch)
  }

  /// Seconds until a request that arrives now would be answered.
  ///
  /// Turns are fair: while n of its images run, n and one more of each other request do at most, and while its
  /// preparation takes t seconds of threads, that of each other one takes t at most.
  package func predictedWait(_ images: [Preparation?], lane: Int?, now: Double) -> Double {
    let prepared = predictedPreparation(images, now)
    guard let lane else { return prepared }
    let own = images.count
    let others = lanes[lane]?.left.total(upTo: Double(own + 1)) ?? 0
    let chore = chores.first?.seconds ?? 0
    return max(
      prepared + predictedBatch(imageCount: own, lane: lane),
      remaining(now) + chore + predictedBatch(imageCount: own + Int(others), lane: lane))
  }

  /// Seconds until its own images are prepared on an idle machine.
  private func ownPreparation(_ images: [Preparation?]) -> Double {
    let (sum, largest) = seconds(images)
    return max(largest, sum / Double(limits.preparerCount))
  }

  private func predictedPreparation(_ images: [Preparation?], _ now: Double) -> Double {
    let (own, largest) = seconds(images)
    guard own > 0 else { return 0 }
    let running = preparing.values.reduce(0) { $0 + max(0, $1.seconds - (now - $1.since)) }
    let others = unprepared.total(upTo: own)
    return max(largest, (running + others + own) / Double(limits.preparerCount))
  }

  private func seconds(_ images: [Preparation?]) -> (sum: Double, largest: Double) {
    images.reduce((0, 0)) { result, preparation in
      let seconds = preparation.map { preparationCost.seconds($0) } ?? 0
      return (result.0 + seconds, max(result.1, seconds))
    }
  }

  /// Seconds until the engine is free.
  private func remaining(_ now: Double) -> Double {
    switch engine {
    case .idle: 0
    case .batch(let lane, let imageCount, let since):
      max(0, since + predictedBatch(imageCount: imageCount, lane: lane) - now)
    case .chore(let seconds, let since): max(0, since + seconds - now)
    }
  }
}
