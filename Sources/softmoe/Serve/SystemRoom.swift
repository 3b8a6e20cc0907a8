import Glibc
import Synchronization

/// The threads and the address space that a server needs, asked of the system before anything depends on them.
///
/// Dispatch waits for ever where a thread can't be made, and memory that isn't there ends the process by a signal:
/// under a limit that is too small both are found out here, at once and in words.
package struct SystemRoom {
  let threadCount, byteCount: Int

  /// - Parameters:
  ///   - threadCount: threads that run at once.
  ///   - byteCount: bytes of address space, without the threads' stacks.
  package init(threadCount: Int, byteCount: Int) {
    (self.threadCount, self.byteCount) = (threadCount, byteCount)
  }

  /// Takes it all for a moment.
  ///
  /// - Throws: `SystemRoomError`, saying what is missing and where it is limited.
  package func check() throws(SystemRoomError) {
    if isAddressSpaceLimited { shareOneArena() }
    let protection = PROT_READ | PROT_WRITE
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    guard let space = mmap(nil, byteCount, protection, flags, -1, 0), space != MAP_FAILED else {
      throw .addressSpace(byteCount)
    }
    defer { munmap(space, byteCount) }
    try checkThreads()
  }

  private var isAddressSpaceLimited: Bool {
    var limit = rlimit()
    return getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0 && limit.rlim_cur < rlim_t.max
  }

  /// An arena reserves 64 MiB of addresses for each thread that allocates, which nobody has counted.
  private func shareOneArena() {
    // The module map leaves out malloc.h: M_ARENA_MAX is -8.
    typealias Function = @convention(c) (Int32, Int32) -> Int32
    guard let symbol = dlsym(nil, "mallopt") else { return }
    _ = unsafeBitCast(symbol, to: Function.self)(-8, 1)
  }

  private func checkThreads() throws(SystemRoomError) {
    let gate = Gate()
    var threads: [pthread_t] = []
    let code = gate.open.withLock { _ -> Int32 in
      for _ in 0..<threadCount {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(gate)
        let code = pthread_create(
          &thread, nil,
          { context in
            guard let context else { return nil }
            Unmanaged<Gate>.fromOpaque(context).takeRetainedValue().open.withLock { _ in }
            return nil
          }, context.toOpaque())
        if code != 0 {
          context.release()
          return code
        }
        threads.append(thread)
      }
      return 0
    }
    for thread in threads { pthread_join(thread, nil) }
    guard code == 0 else { throw .threads(expected: threadCount, found: threads.count) }
  }
}

/// What holds the threads until all of them are there.
private final class Gate: Sendable {
  let open = Mutex(())
}

/// Why the server does not start.
package enum SystemRoomError: Error, Equatable, CustomStringConvertible {
  case threads(expected: Int, found: Int)
  case addressSpace(Int)

  /// One line for the operator.
  package var description: String {
    switch self {
    case .threads(let expected, let found):
      """
      expected room for \(expected) threads and their stacks, found it for \(found): raise the limit on processes \
      (ulimit -u, pids.max) or on address space (ulimit -v), or give fewer --threads, --decode-threads and \
      --http-threads
      """
    case .addressSpace(let byteCount):
      """
      expected \((byteCount + (1 << 20) - 1) >> 20) MiB of address space for the weights, bodies, decoding and the \
      work itself, found less: raise the limit (ulimit -v), or lower --max-pending-bytes and --max-decoding-bytes
      """
    }
  }
}
