import Dispatch
import Synchronization

/// Reloads one after another, on a queue of its own so that they block nothing.
final class ReloadQueue: Sendable {
  private let queue = DispatchQueue(label: "softmoe.reload")
  private let turns = Mutex(ReloadTurns())
  private let reload: @Sendable () -> Void

  init(_ reload: @escaping @Sendable () -> Void) { self.reload = reload }

  /// Reloads now, or once more when the reload that is under way has ended.
  func order() {
    if turns.withLock({ $0.order() }) { begin() }
  }

  /// Whether a reload is under way or about to begin.
  var isUnderWay: Bool { turns.withLock { $0.isUnderWay } }

  private func begin() {
    queue.async { [self] in
      reload()
      if turns.withLock({ $0.end() }) { begin() }
    }
  }
}
