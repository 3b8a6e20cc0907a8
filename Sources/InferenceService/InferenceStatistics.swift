import Batching
import Synchronization

/// Counts and times since the start, as KServe's statistics want them.
final class InferenceStatistics: Sendable {
  /// How often, and how long in all.
  struct Total: Sendable {
    var count: UInt64 = 0
    var nanoseconds: UInt64 = 0

    mutating func add(_ duration: Duration, count: UInt64 = 1) {
      self.count += count
      let (seconds, attoseconds) = duration.components
      nanoseconds += UInt64(max(0, seconds)) * 1_000_000_000 + UInt64(max(0, attoseconds) / 1_000_000_000)
    }
  }

  struct Snapshot: Sendable {
    /// Requests answered and failed.
    var success = Total(), fail = Total()
    /// Images: waiting for a batch, being decoded, in the engine.
    var queue = Total(), input = Total(), infer = Total()
    var inferenceCount: UInt64 = 0
    var executionCount: UInt64 = 0
    /// By batch size.
    var batches: [Int: Total] = [:]
  }

  private let state = Mutex(Snapshot())

  var snapshot: Snapshot { state.withLock { $0 } }

  func succeeded(_ duration: Duration) { state.withLock { $0.success.add(duration) } }
  func failed(_ duration: Duration) { state.withLock { $0.fail.add(duration) } }
  func decoded(_ duration: Duration) { state.withLock { $0.input.add(duration) } }

  func ran(_ timing: BatchTiming) {
    state.withLock { state in
      state.inferenceCount += 1
      state.queue.add(timing.queueDuration)
      state.infer.add(timing.inferenceDuration)
      if timing.isFirstOfBatch {
        state.executionCount += 1
        state.batches[timing.batchSize, default: Total()].add(timing.inferenceDuration)
      }
    }
  }
}
