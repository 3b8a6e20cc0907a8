import CMicroHTTPD
import Glibc
import Synchronization

/// Accepts connections on a thread of its own, hands them to the daemon, and closes those that take too long
/// to send a request.
final class Acceptor: Sendable {
  /// How often deadlines are looked at, in milliseconds.
  private static let tick: Int32 = 250
  /// How many connections are accepted before deadlines get their turn.
  private static let roundLimit = 256

  private struct Running {
    let thread: Thread
    /// The end of a pipe that is closed to stop the thread, and the end that hangs up then.
    let stopper: Int32
    let stopSignal: Int32
  }

  private let running: Mutex<Running?>

  /// - Throws: `HTTPServerError.systemCall` when the pipe or the thread cannot be made.
  init(core: ServerCore, daemon: Daemon, socket: ListeningSocket) throws(HTTPServerError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw .systemCall(name: "pipe", code: errno) }
    let stopSignal = ends[0]
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    do throws(HTTPServerError) {
      let started = try Thread { Self.run(core, daemon, socket, stopSignal: stopSignal) }
      running = Mutex(Running(thread: started, stopper: ends[1], stopSignal: stopSignal))
    } catch {
      for end in ends { close(end) }
      throw error
    }
  }

  deinit {
    stop()
  }

  /// Accepts what the kernel has already completed, then closes the socket, so that later clients are
  /// refused. Returns when that has happened; a second call does nothing.
  func stop() {
    running.withLock { running in
      guard let last = running else { return }
      close(last.stopper)
      last.thread.join()
      close(last.stopSignal)
      running = nil
    }
  }

  /// The thread's body. The thread has the only lasting reference to `socket` and closes it by returning,
  /// right after the last connection is accepted: what completes in between is lost to its client.
  private static func run(_ core: ServerCore, _ daemon: Daemon, _ socket: ListeningSocket, stopSignal: Int32)
  {
    var nextLook = ContinuousClock.now
    while true {
      var entries = [
        pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: stopSignal, events: Int16(POLLIN), revents: 0),
      ]
      _ = poll(&entries, 2, tick)
      let isStopping = entries[1].revents != 0
      let hasResources = acceptRound(core, daemon, listener: socket.descriptor)
      if isStopping { return }
      // Out of descriptors or memory poll would return at once: wait for connections to end.
      if !hasResources { usleep(20_000) }
      // Not after every accept: a look visits all connections.
      let now = ContinuousClock.now
      guard now >= nextLook else { continue }
      nextLook = now + .milliseconds(tick)
      core.clients.closeOverdue(at: now, words: core.finalWords).forEach(core.count)
    }
  }

  /// - Returns: false when the system lacks the resources to accept more.
  private static func acceptRound(_ core: ServerCore, _ daemon: Daemon, listener: Int32) -> Bool {
    for _ in 0..<roundLimit {
      var address = SocketAddress()
      let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
      let descriptor = address.update { accept4(listener, $0, &$1, flags) }
      if descriptor >= 0 {
        admit(descriptor, from: address, to: core, daemon)
      } else if errno == EAGAIN {
        return true
      } else if errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM {
        return false
      }
    }
    return true
  }

  private static func admit(
    _ descriptor: Int32, from address: SocketAddress, to core: ServerCore, _ daemon: Daemon
  ) {
    let credentials = core.credentials.withLock { $0 }
    if let reason = reasonToRefuse(address, core) {
      core.count(reason)
      // Before its handshake a TLS client understands no words.
      return turnAway(descriptor, words: credentials == nil ? core.finalWords(reason) : [])
    }
    core.clients.insert(
      Client(
        descriptor: descriptor, address: address, credentials: credentials,
        idleUntil: .now + core.configuration.receiveTimeout))
    if !address.withSocketAddress({ daemon.add(descriptor, $0, $1) }) { core.clients.remove(descriptor) }
  }

  private static func reasonToRefuse(
    _ address: SocketAddress, _ core: ServerCore
  ) -> HTTPServer.RefusalReason? {
    if core.clients.count >= core.configuration.connectionLimit { return .connectionLimit }
    if let limit = core.configuration.connectionsPerAddress, core.clients.count(from: address.group) >= limit
    {
      return .addressLimit
    }
    return nil
  }

  private static func turnAway(_ descriptor: Int32, words: [UInt8]) {
    _ = send(descriptor, words, words.count, Int32(MSG_NOSIGNAL))
    shutdown(descriptor, Int32(SHUT_WR))
    // What has arrived is read, because closing a socket with unread bytes resets the connection and can
    // cost the client the answer.
    var scratch = [UInt8](repeating: 0, count: 16 << 10)
    _ = recv(descriptor, &scratch, scratch.count, Int32(MSG_DONTWAIT))
    close(descriptor)
  }
}
