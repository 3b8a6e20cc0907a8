import Glibc

/// When requests are due that come independently of one another, `rate` a second on average.
///
/// The gaps are exponential, `−ln(1 − u) / rate` with u uniform in [0, 1). The same seed gives the same
/// schedule; schedules of two rates differ by their scale alone.
package struct PoissonSchedule {
  /// When the next request is due.
  package private(set) var next: Nanoseconds
  private let start: Nanoseconds
  private let meanGap: Double
  /// Nanoseconds from the start until `next`; fractions add up.
  private var elapsed = 0.0
  private var generator: SplitMix64

  /// - Parameters:
  ///   - start: the first request is due one gap later.
  ///   - rate: requests a second, more than 0.
  package init(start: Nanoseconds, rate: Double, seed: UInt64) {
    (self.start, next) = (start, start)
    meanGap = 1e9 / rate
    generator = SplitMix64(state: seed)
    advance()
  }

  package mutating func advance() {
    let uniform = Double(generator.next() >> 11) * 0x1p-53
    elapsed -= log(1 - uniform) * meanGap
    next = start + Nanoseconds(elapsed)
  }
}

/// SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
package struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  package init(state: UInt64) { self.state = state }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}
