import CMicroHTTPD
import Glibc

/// What the acceptor's thread does, confined to it.
struct AcceptorLoop {
  /// How often deadlines are looked at, in milliseconds.
  private static let tick: Int32 = 250
  /// How many connections are accepted before deadlines get their turn.
  private static let roundLimit = 256
  /// How many connections may be open beyond the limit while libmicrohttpd closes those that made room.
  private static let leavingLimit = 64

  private let core: ServerCore
  private let daemons: [Daemon]
  /// nil once the server takes no more connections.
  private var socket: ListeningSocket?
  private var acceptedCount = 0
  private var memoryReturn: MemoryReturn?
  /// When deadlines are looked at again; not after every accept, because a look visits all connections.
  private var nextLook = ContinuousClock.now

  init(core: ServerCore, daemons: [Daemon], socket: ListeningSocket) {
    self.core = core
    self.daemons = daemons
    self.socket = socket
    memoryReturn = core.configuration.byteBudget.map(MemoryReturn.init)
  }

  /// - Parameters:
  ///   - quiesceSignal: hangs up when no more connections are to be accepted.
  ///   - endSignal: hangs up when this is to return.
  ///   - socketIsClosed: called once after the former.
  mutating func run(quiesceSignal: Int32, endSignal: Int32, socketIsClosed: () -> Void) {
    while true {
      var entries = [pollfd(fd: endSignal, events: Int16(POLLIN), revents: 0)]
      if let socket {
        entries += [quiesceSignal, socket.descriptor].map {
          pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
      }
      entries += core.lingering.descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      _ = poll(&entries, nfds_t(entries.count), Self.tick)
      if let listener = socket?.descriptor {
        let isQuiescing = entries[1].revents != 0
        // Out of resources poll would return at once: wait for connections to end.
        if !acceptRound(listener) { usleep(5000) }
        if isQuiescing {
          // Right after the last accept: what completes in between is lost to its client.
          socket?.stopListening()
          socket = nil
          socketIsClosed()
        }
      }
      if entries[0].revents != 0 { return }
      let now = ContinuousClock.now
      core.lingering.drain(at: now)
      guard now >= nextLook else { continue }
      nextLook = now + .milliseconds(Int(Self.tick))
      core.closeOverdue(at: now)
      memoryReturn?.look()
    }
  }

  /// - Returns: false when there is no room for more.
  private mutating func acceptRound(_ listener: Int32) -> Bool {
    for _ in 0..<Self.roundLimit {
      guard core.clients.leavingCount < Self.leavingLimit else { return false }
      var address = SocketAddress()
      let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
      let descriptor = address.update { accept4(listener, $0, &$1, flags) }
      if descriptor >= 0 {
        admit(descriptor, from: address)
      } else if errno == EAGAIN {
        return true
      } else if errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM {
        guard core.makeRoom() else { return false }
      }
    }
    return true
  }

  private mutating func admit(_ descriptor: Int32, from address: SocketAddress) {
    let credentials = core.credentials.withLock { $0 }
    if let reason = reasonToRefuse(address) {
      core.count(reason)
      // Before its handshake a TLS client understands no words.
      let words = credentials == nil ? core.finalWords(reason) : []
      _ = send(descriptor, words, words.count, Int32(MSG_NOSIGNAL))
      shutdown(descriptor, Int32(SHUT_WR))
      return core.lingering.add(descriptor)
    }
    let now = ContinuousClock.now
    let client = Client(
      descriptor: descriptor, address: address, credentials: credentials, idleSince: now,
      until: now + core.configuration.receiveTimeout)
    core.clients.insert(client)
    acceptedCount += 1
    let daemon = daemons[acceptedCount % daemons.count]
    if !address.withSocketAddress({ daemon.add(descriptor, $0, $1) }) {
      core.clients.remove(client)
      core.count(.resources)
    }
  }

  private func reasonToRefuse(_ address: SocketAddress) -> HTTPServer.RefusalReason? {
    if let limit = core.configuration.connectionsPerAddress, core.clients.count(from: address.group) >= limit
    {
      return .addressLimit
    }
    let isFull = core.clients.stayingCount >= core.configuration.connectionLimit
    return isFull && !core.makeRoom() ? .connectionLimit : nil
  }
}
