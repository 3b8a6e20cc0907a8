import Glibc

/// A point or a span of time of the monotonic clock.
///
/// An integer, because it is read and compared several times a request.
package typealias Nanoseconds = Int64

extension Nanoseconds {
  static var now: Nanoseconds { read(CLOCK_MONOTONIC) }

  /// Processor time that this process has used, in all its threads.
  static var processorTime: Nanoseconds { read(CLOCK_PROCESS_CPUTIME_ID) }

  /// Whole nanoseconds of `seconds`.
  init(seconds: Double) { self = Nanoseconds((seconds * 1e9).rounded()) }

  package var seconds: Double { Double(self) / 1e9 }
  var milliseconds: Double { Double(self) / 1e6 }

  private static func read(_ clock: clockid_t) -> Nanoseconds {
    var time = timespec()
    clock_gettime(clock, &time)
    return Nanoseconds(time.tv_sec) * 1_000_000_000 + Nanoseconds(time.tv_nsec)
  }
}
