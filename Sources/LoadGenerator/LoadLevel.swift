/// How much load: one row of the result.
package struct LoadLevel: Sendable, Equatable {
  /// Connections at most.
  package let connections: Int
  /// Requests a second, in the open loop; nil in the closed loop.
  package let rate: Double?
  let seed: UInt64

  /// Each connection sends its next request as soon as its answer has come.
  package static func closed(connections: Int) -> LoadLevel {
    LoadLevel(connections: connections, rate: nil, seed: 0)
  }

  /// Requests come at random (Poisson) `rate` times a second, whether or not the server keeps up; those that
  /// find every connection busy wait, and their latency counts from when they were due.
  package static func open(rate: Double, connections: Int, seed: UInt64) -> LoadLevel {
    LoadLevel(connections: connections, rate: rate, seed: seed)
  }
}

/// How long is measured, and how long an answer may take.
package struct LoadTiming: Sendable {
  let warmup, measured, timeout: Nanoseconds

  /// - Parameters: in seconds.
  ///   - warmup: load that doesn't count, before what counts.
  ///   - measured: load that counts.
  ///   - timeout: from when a request is due until its answer is there.
  package init(warmup: Double, measured: Double, timeout: Double) {
    self.warmup = Nanoseconds(seconds: warmup)
    self.measured = Nanoseconds(seconds: measured)
    self.timeout = Nanoseconds(seconds: timeout)
  }
}
