import Glibc
import Synchronization

/// The thread that accepts connections, hands them to libmicrohttpd's threads in turn, and closes those that
/// take too long.
final class Acceptor: Sendable {
  /// An end of a pipe that is closed to give a signal, and the end that hangs up then.
  private struct Signal {
    let sender: Int32
    let receiver: Int32

    init() throws(HTTPServerError) {
      var ends: [Int32] = [-1, -1]
      guard pipe(&ends) == 0 else { throw .systemCall(name: "pipe", code: errno) }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      (receiver, sender) = (ends[0], ends[1])
    }
  }

  private struct Running {
    let thread: Thread
    let quiesce: Signal
    let end: Signal
    var isListening = true
  }

  private let running: Mutex<Running?>
  private let hasClosedSocket: Latch

  /// - Throws: `HTTPServerError.systemCall` when a pipe or the thread cannot be made.
  init(core: ServerCore, daemons: [Daemon], socket: ListeningSocket) throws(HTTPServerError) {
    let quiesce = try Signal()
    var signals = [quiesce]
    let latch = Latch()
    do throws(HTTPServerError) {
      let end = try Signal()
      signals.append(end)
      let thread = try Thread {
        var loop = AcceptorLoop(core: core, daemons: daemons, socket: socket)
        loop.run(quiesceSignal: quiesce.receiver, endSignal: end.receiver) { latch.open() }
      }
      running = Mutex(Running(thread: thread, quiesce: quiesce, end: end))
      hasClosedSocket = latch
    } catch {
      for signal in signals { [signal.sender, signal.receiver].forEach { close($0) } }
      throw error
    }
  }

  deinit {
    end()
  }

  /// Accepts what the kernel has already completed, then closes the socket, so that later clients are
  /// refused. Returns when that has happened; a second call does nothing.
  func quiesce() {
    running.withLock { running in
      guard running?.isListening == true else { return }
      running?.isListening = false
      if let sender = running?.quiesce.sender { close(sender) }
      hasClosedSocket.wait()
    }
  }

  /// Ends the thread; a second call does nothing.
  func end() {
    quiesce()
    running.withLock { running in
      guard let last = running else { return }
      close(last.end.sender)
      last.thread.join()
      close(last.quiesce.receiver)
      close(last.end.receiver)
      running = nil
    }
  }
}
