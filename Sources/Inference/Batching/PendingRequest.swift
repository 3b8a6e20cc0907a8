import Synchronization

/// A request's outcomes until the last of its images has one.
final class PendingRequest<Output: Sendable>: Sendable {
  let submitted = ContinuousClock.now
  private let deadline: ContinuousClock.Instant
  private let isWanted: @Sendable () -> Bool
  private let completion: @Sendable ([BatchOutcome<Output>]) -> Void
  private let state: Mutex<State>

  private struct State {
    var outcomes: [BatchOutcome<Output>?]
    var missing: Int
    /// The last batch that asked whether somebody waits, and the answer.
    var asked: (batch: ContinuousClock.Instant, refusal: BatchOutcome<Output>?)?
  }

  init(
    imageCount: Int, deadline: ContinuousClock.Instant, isWanted: @escaping @Sendable () -> Bool,
    completion: @escaping @Sendable ([BatchOutcome<Output>]) -> Void
  ) {
    (self.deadline, self.isWanted, self.completion) = (deadline, isWanted, completion)
    state = Mutex(State(outcomes: Array(repeating: nil, count: imageCount), missing: imageCount))
  }

  /// Why its images should not run in a batch, nil when they should.
  func refusal(batchBegin: ContinuousClock.Instant, batchEnd: ContinuousClock.Instant) -> BatchOutcome<
    Output
  >? {
    state.withLock { state in
      if let asked = state.asked, asked.batch == batchBegin { return asked.refusal }
      let refusal: BatchOutcome<Output>? = batchEnd > deadline ? .expired : isWanted() ? nil : .abandoned
      state.asked = (batchBegin, refusal)
      return refusal
    }
  }

  /// Stores one image's outcome; after the last one, tells whoever asked.
  ///
  /// - Returns: whether it was the last.
  func finish(_ index: Int, _ outcome: BatchOutcome<Output>) -> Bool {
    let all: [BatchOutcome<Output>]? = state.withLock { state in
      state.outcomes[index] = outcome
      state.missing -= 1
      return state.missing == 0 ? state.outcomes.compactMap(\.self) : nil
    }
    if let all { completion(all) }
    return all != nil
  }
}
