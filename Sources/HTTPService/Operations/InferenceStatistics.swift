import FoundationEssentials
import Inference
import Synchronization

/// Counts and times since the start, as the protocol's statistics want them.
final class InferenceStatistics: Sendable {
  private struct State {
    var lastInference: UInt64 = 0
    var inferenceCount: UInt64 = 0
    var executionCount: UInt64 = 0
    var requests = ModelStatistics.Requests()
    /// Forward passes, by batch size.
    var batches: [Int: ModelStatistics.Durations] = [:]
  }

  private let state = Mutex(State())

  func snapshot(name: String, version: String) -> ModelStatistics.Model {
    let state = state.withLock { $0 }
    return ModelStatistics.Model(
      name: name, version: version, lastInference: state.lastInference, inferenceCount: state.inferenceCount,
      executionCount: state.executionCount, requests: state.requests,
      batches: state.batches.sorted { $0.key < $1.key }.map { size, durations in
        ModelStatistics.Batches(batchSize: UInt64(size), computeInfer: durations)
      })
  }

  func succeeded(_ duration: Duration) { state.withLock { $0.requests.success.add(duration) } }
  func failed(_ duration: Duration) { state.withLock { $0.requests.fail.add(duration) } }
  func decoded(_ duration: Duration) { state.withLock { $0.requests.computeInput.add(duration) } }

  /// A batch ran; one timing an image.
  func ran(_ timings: [BatchTiming]) {
    guard let batch = timings.first else { return }
    let now = UInt64(clamping: Int64(Date.now.timeIntervalSince1970 * 1000))
    state.withLock { state in
      state.lastInference = now
      state.inferenceCount += UInt64(timings.count)
      state.executionCount += 1
      for timing in timings {
        state.requests.queue.add(timing.queueDuration)
        state.requests.computeInfer.add(timing.inferenceDuration)
      }
      state.batches[batch.batchSize, default: ModelStatistics.Durations()].add(batch.inferenceDuration)
    }
  }
}

extension ModelStatistics.Durations {
  fileprivate mutating func add(_ duration: Duration) {
    count += 1
    let (seconds, attoseconds) = duration.components
    nanoseconds += UInt64(clamping: seconds) * 1_000_000_000 + UInt64(clamping: attoseconds / 1_000_000_000)
  }
}
