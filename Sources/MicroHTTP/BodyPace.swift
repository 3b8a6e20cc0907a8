/// How fast a request's body comes in.
package struct BodyPace: Sendable {
  private let minimumRate: Int
  private let grace: Duration
  private let beginning: ContinuousClock.Instant
  package var byteCount = 0

  /// - Parameters:
  ///   - minimumRate: bytes a second, averaged since `beginning`.
  ///   - grace: how long any pace will do.
  package init(minimumRate: Int, grace: Duration, beginning: ContinuousClock.Instant) {
    self.minimumRate = minimumRate
    self.grace = grace
    self.beginning = beginning
  }

  /// Whether fewer than `minimumRate` bytes a second have come by `now`.
  package func isTooSlow(at now: ContinuousClock.Instant) -> Bool {
    let elapsed = now - beginning
    return elapsed > grace && Double(byteCount) < Double(minimumRate) * (elapsed / .seconds(1))
  }
}
