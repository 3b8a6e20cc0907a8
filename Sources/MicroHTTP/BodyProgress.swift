/// Whether a body comes in fast enough to deserve the memory that is reserved for it.
///
/// Progress is what would bring the whole reservation in within `allowance`: each second a part of it in
/// proportion. So memory costs those who keep it bandwidth in proportion, and a trickle is a standstill.
package struct BodyProgress: Sendable {
  private let allowance: Duration
  /// When the body began or last made a second's progress.
  package private(set) var lastProgress: ContinuousClock.Instant
  private var newByteCount = 0
  /// The bytes that are reserved for the body.
  package private(set) var reservedByteCount: Int

  /// - Parameter allowance: how long a whole body may take; more than zero.
  package init(reservedByteCount: Int, allowance: Duration, beginning: ContinuousClock.Instant) {
    self.reservedByteCount = reservedByteCount
    self.allowance = allowance
    lastProgress = beginning
  }

  /// Counts bytes that have arrived.
  package mutating func receive(
    byteCount: Int, reservedByteCount: Int, at now: ContinuousClock.Instant
  ) {
    self.reservedByteCount = reservedByteCount
    newByteCount += byteCount
    let needed = Double(reservedByteCount) / max(1, allowance / .seconds(1))
    if Double(newByteCount) >= needed {
      lastProgress = now
      newByteCount = 0
    }
  }
}
