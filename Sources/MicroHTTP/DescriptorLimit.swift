import Glibc
import Synchronization

/// The process's limit on open files.
enum DescriptorLimit {
  /// What the process may need besides its connections: its own files, the threads' epoll sets.
  private static let spare = 256
  /// Several servers may start at once, and reading and setting the limit are two steps.
  private static let lock = Mutex(())

  /// Raises the soft limit to what `connectionLimit` connections need; only ever up, and up to the hard limit.
  /// - Returns: how many of them the hard limit has room for.
  static func makeRoom(forConnections connectionLimit: Int) -> Int {
    lock.withLock { _ in
      var limit = rlimit()
      guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
        return connectionLimit
      }
      let hardLimit = Int(clamping: limit.rlim_max)
      let spare = min(Self.spare, hardLimit / 2)
      let fitting = min(connectionLimit, hardLimit - spare)
      let needed = rlim_t(fitting + spare)
      if limit.rlim_cur < needed {
        limit.rlim_cur = needed
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      }
      return fitting
    }
  }
}
