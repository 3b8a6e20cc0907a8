import Dispatch
import Glibc
import Synchronization

/// Writes lines to a descriptor on a thread of its own, so that whoever logs never waits for who reads.
///
/// A reader that stands still fills the pipe and then the buffer; one that died, or a full disk, refuses every
/// write. Either way lines are lost, and counted, and nothing else happens.
package final class LogWriter: Sendable {
  /// Where log lines go.
  package static let standardError = LogWriter(STDERR_FILENO)

  private struct State {
    var lines: [[UInt8]] = []
    /// Of `lines`, and of those that are being written.
    var byteCount = 0
    var lostCount = 0
    var hasThread = false
  }

  private let descriptor: Int32
  private let byteLimit: Int
  private let state = Mutex(State())
  private let wake = DispatchSemaphore(value: 0)

  /// - Parameters:
  ///   - descriptor: stays open as long as the process runs.
  ///   - byteLimit: how many bytes may wait to be written.
  package init(_ descriptor: Int32, byteLimit: Int = 1 << 20) {
    (self.descriptor, self.byteLimit) = (descriptor, byteLimit)
  }

  /// How many lines were lost since the start: no room, nobody to read them, or a full disk.
  package var lostCount: Int { state.withLock { $0.lostCount } }

  /// Takes a line to be written, or loses it.
  ///
  /// - Parameter line: without its end.
  package func write(_ line: String) {
    let bytes = Array(line.utf8) + [0x0A]
    let isFirst: Bool? = state.withLock { state in
      guard state.byteCount + bytes.count <= byteLimit else {
        state.lostCount += 1
        return nil
      }
      state.byteCount += bytes.count
      state.lines.append(bytes)
      defer { state.hasThread = true }
      return !state.hasThread
    }
    guard let isFirst else { return }
    if isFirst { start() }
    wake.signal()
  }

  /// Waits until everything taken is written or lost, but no longer than the limit.
  package func flush(within limit: Duration = .seconds(1)) {
    let end = ContinuousClock.now + limit
    while state.withLock({ $0.byteCount }) > 0, .now < end { usleep(1000) }
  }

  /// The thread lives as long as the process: its descriptor does too.
  private func start() {
    var thread = pthread_t()
    let context = Unmanaged.passRetained(self)
    let code = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<LogWriter>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, context.toOpaque())
    if code == 0 {
      pthread_detach(thread)
    } else {
      // Without a thread the caller writes: a system that short of threads ends with a word.
      context.release()
      state.withLock { $0.hasThread = false }
      writeWaiting()
    }
  }

  private func run() {
    while true {
      wake.wait()
      writeWaiting()
    }
  }

  private func writeWaiting() {
    let lines = state.withLock { state in
      defer { state.lines = [] }
      return state.lines
    }
    for line in lines {
      let isWritten = writeAll(line)
      state.withLock { state in
        state.byteCount -= line.count
        if !isWritten { state.lostCount += 1 }
      }
    }
  }

  /// A line in one write wherever the descriptor takes it, so that lines of several processes don't mix.
  private func writeAll(_ line: [UInt8]) -> Bool {
    var done = 0
    while done < line.count {
      let count = line[done...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        done += count
      } else if errno == EAGAIN {
        // Whoever shares the descriptor may have made it one that doesn't wait.
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&entry, 1, -1)
      } else if errno != EINTR {
        return false
      }
    }
    return true
  }
}
