import Dispatch
import Synchronization

/// Runs blocks concurrently, at most `width` at a time, first come first served.
///
/// A concurrent Dispatch queue alone would start a thread for every block that waits.
package final class BoundedQueue: Sendable {
  private struct State {
    var running = 0
    var waiting: [@Sendable () -> Void] = []
  }

  private let width: Int
  private let queue: DispatchQueue
  private let state = Mutex(State())

  package init(label: String, width: Int) {
    precondition(width >= 1, "at least one block at a time")
    self.width = width
    queue = DispatchQueue(label: label, qos: .userInitiated, attributes: .concurrent)
  }

  package func async(_ block: @escaping @Sendable () -> Void) {
    let starts = state.withLock { state in
      if state.running < width {
        state.running += 1
        return true
      }
      state.waiting.append(block)
      return false
    }
    if starts { queue.async { self.run(block) } }
  }

  private func run(_ first: @Sendable () -> Void) {
    first()
    while let next = next() { next() }
  }

  private func next() -> (@Sendable () -> Void)? {
    state.withLock { state in
      if state.waiting.isEmpty {
        state.running -= 1
        return nil
      }
      return state.waiting.removeFirst()
    }
  }
}
