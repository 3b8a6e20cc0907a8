import CMicroHTTPD
import Glibc
import Synchronization

/// Connections that have been answered and closed for writing while their clients may still be sending.
///
/// Closing a socket with unread bytes resets the connection, which can cost the client the answer. So what
/// comes is thrown away until the client has closed its side, but no longer than a while.
final class LingeringSockets: Sendable {
  /// How many are kept; beyond that the oldest is closed.
  static let limit = 64
  private static let duration = Duration.seconds(2)

  private struct Entry {
    let descriptor: Int32
    let deadline: ContinuousClock.Instant
  }

  private let entries = Mutex<[Entry]>([])

  deinit {
    closeAll()
  }

  /// Keeps the connection of `descriptor`, which may be closed meanwhile, open for a while.
  func add(copyOf descriptor: Int32) {
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    if copy >= 0 { add(copy) }
  }

  /// Keeps `descriptor` open for a while and closes it then.
  func add(_ descriptor: Int32) {
    let deadline = ContinuousClock.now + Self.duration
    let oldest = entries.withLock { entries in
      entries.append(Entry(descriptor: descriptor, deadline: deadline))
      return entries.count > Self.limit ? entries.removeFirst() : nil
    }
    if let oldest { close(oldest.descriptor) }
  }

  /// The descriptors to wait for with `poll`.
  var descriptors: [Int32] {
    entries.withLock { $0.map(\.descriptor) }
  }

  /// Throws away what has come on each connection and closes those that have ended.
  func drain(at now: ContinuousClock.Instant) {
    entries.withLock { entries in
      entries.removeAll { entry in
        let hasEnded = !discard(entry.descriptor) || entry.deadline < now
        if hasEnded { close(entry.descriptor) }
        return hasEnded
      }
    }
  }

  func closeAll() {
    entries.withLock { entries in
      for entry in entries { close(entry.descriptor) }
      entries = []
    }
  }

  /// - Returns: whether more may come.
  private func discard(_ descriptor: Int32) -> Bool {
    // With MSG_TRUNC TCP throws the bytes away without copying them.
    let count = recv(descriptor, nil, 1 << 20, Int32(MSG_DONTWAIT | MSG_TRUNC))
    return count > 0 || count < 0 && errno == EAGAIN
  }
}
