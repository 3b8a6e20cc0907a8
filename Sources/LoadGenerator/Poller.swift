import CEpoll
import Glibc

/// Waits for many sockets at once, to the microsecond.
final class Poller {
  private let descriptor: Int32
  private var events = [epoll_event](repeating: epoll_event(), count: 256)

  /// - Throws: `LoadError.systemCall`.
  init() throws(LoadError) {
    descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard descriptor >= 0 else { throw .systemCall(name: "epoll_create1", reason: reason(errno)) }
  }

  deinit { close(descriptor) }

  /// Watches a socket until it is closed.
  /// - Parameters:
  ///   - slot: what `wait` calls it.
  ///   - writing: watch for room to write too, not for bytes and the end alone.
  /// - Returns: false when the system refuses.
  func add(_ socket: Int32, slot: Int, writing: Bool) -> Bool {
    control(EPOLL_CTL_ADD, socket, slot, writing)
  }

  func change(_ socket: Int32, slot: Int, writing: Bool) {
    _ = control(EPOLL_CTL_MOD, socket, slot, writing)
  }

  /// Waits until something happens or the time is over, and tells of each socket that can go on.
  func wait(_ time: Nanoseconds, _ body: (_ slot: Int) -> Void) {
    var limit = timespec(
      tv_sec: Int(time / 1_000_000_000), tv_nsec: Int(time % 1_000_000_000))
    let count = epoll_pwait2(descriptor, &events, Int32(events.count), &limit, nil)
    for index in 0..<max(0, Int(count)) { body(Int(events[index].data.u64)) }
  }

  private func control(_ operation: Int32, _ socket: Int32, _ slot: Int, _ writing: Bool) -> Bool {
    var event = epoll_event()
    event.events = EPOLLIN.rawValue | (writing ? EPOLLOUT.rawValue : 0)
    event.data.u64 = UInt64(slot)
    return epoll_ctl(descriptor, operation, socket, &event) == 0
  }
}
