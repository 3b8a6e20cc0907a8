import Glibc
import Synchronization

/// Lets threads wait for something that happens once.
final class Latch: Sendable {
  private let isOpen = Atomic(false)

  func open() {
    isOpen.store(true, ordering: .releasing)
  }

  /// Cost: looks every millisecond; for what happens once in a server's life.
  func wait() {
    while !isOpen.load(ordering: .acquiring) { usleep(1000) }
  }
}
