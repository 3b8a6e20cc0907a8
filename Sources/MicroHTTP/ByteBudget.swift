import Synchronization

/// A number of bytes that many share: who is about to keep some in memory reserves them first.
///
/// Fair to the small: a reservation is granted only where it takes at most half of what is free, so that a
/// few big ones leave room for small ones. Every one of up to half the capacity fits an unused budget.
///
/// Cost: one uncontended lock a call.
package final class ByteBudget: Sendable {
  /// Bytes that may be reserved at once.
  package let capacity: Int
  private let reserved = Mutex(0)

  /// - Precondition: `capacity` is not negative.
  package init(capacity: Int) {
    precondition(capacity >= 0, "a budget of \(capacity) bytes is negative")
    self.capacity = capacity
  }

  /// Bytes that are reserved.
  package var used: Int {
    reserved.withLock { $0 }
  }

  /// Reserves `byteCount` bytes until the hold's last reference is gone.
  /// - Returns: nil when that is more than half of what is free.
  /// - Precondition: `byteCount` is not negative.
  package func reserve(_ byteCount: Int) -> Hold? {
    take(byteCount) ? Hold(budget: self, byteCount: byteCount) : nil
  }

  private func take(_ byteCount: Int) -> Bool {
    precondition(byteCount >= 0, "a reservation of \(byteCount) bytes is negative")
    return reserved.withLock { reserved in
      guard byteCount <= (capacity - reserved) / 2 else { return false }
      reserved += byteCount
      return true
    }
  }

  private func giveBack(_ byteCount: Int) {
    reserved.withLock { $0 -= byteCount }
  }

  /// Reserved bytes, given back when the last reference is gone.
  package final class Hold: Sendable {
    private let budget: ByteBudget
    private let count: Mutex<Int>

    fileprivate init(budget: ByteBudget, byteCount: Int) {
      self.budget = budget
      count = Mutex(byteCount)
    }

    deinit {
      budget.giveBack(byteCount)
    }

    /// How many bytes are held.
    package var byteCount: Int {
      count.withLock { $0 }
    }

    /// Holds `more` bytes on top, where they are at most half of what is free.
    /// - Returns: whether it does; if not, what was held stays held.
    /// - Precondition: `more` is not negative.
    package func grow(by more: Int) -> Bool {
      count.withLock { count in
        guard budget.take(more) else { return false }
        count += more
        return true
      }
    }
  }
}
