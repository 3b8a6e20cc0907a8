import CMicroHTTPD
import Glibc
import Synchronization

/// One open connection, as the acceptor sees it: who is there and how long what it does may take.
final class Client: Sendable {
  private enum Phase {
    /// Nothing of a request has arrived.
    case idle(until: ContinuousClock.Instant)
    /// A request is coming in; its body, once that has begun, not too slowly.
    case receiving(until: ContinuousClock.Instant, pace: BodyPace?)
    /// The request waits for its answer.
    case serving
    /// libmicrohttpd is sending.
    case sending(until: ContinuousClock.Instant)
    case closed
  }

  private struct State {
    var phase: Phase
    /// Whether the peer had left when this phase was last looked at.
    var hadPeerLeft = false
  }

  let descriptor: Int32
  let remoteAddress: String
  let addressGroup: AddressGroup
  /// What the connection's TLS session uses; nil without TLS.
  let credentials: TLSCredentials?
  private let state: Mutex<State>

  init(
    descriptor: Int32, address: SocketAddress, credentials: TLSCredentials?,
    idleUntil: ContinuousClock.Instant
  ) {
    self.descriptor = descriptor
    remoteAddress = address.host
    addressGroup = address.group
    self.credentials = credentials
    state = Mutex(State(phase: .idle(until: idleUntil)))
  }

  func beginIdling(until deadline: ContinuousClock.Instant) {
    enter(.idle(until: deadline))
  }

  func beginReceiving(until deadline: ContinuousClock.Instant) {
    enter(.receiving(until: deadline, pace: nil))
  }

  /// Holds the body, which begins now, to a pace.
  func beginBody(_ pace: BodyPace) {
    state.withLock { state in
      guard case .receiving(let deadline, _) = state.phase else { return }
      state.phase = .receiving(until: deadline, pace: pace)
    }
  }

  /// Counts `byteCount` more bytes of a body that is held to a pace.
  func receive(byteCount: Int) {
    state.withLock { state in
      guard case .receiving(let deadline, var pace?) = state.phase else { return }
      pace.byteCount += byteCount
      state.phase = .receiving(until: deadline, pace: pace)
    }
  }

  func beginServing() {
    enter(.serving)
  }

  func beginSending(until deadline: ContinuousClock.Instant) {
    enter(.sending(until: deadline))
  }

  var isReceiving: Bool {
    state.withLock { state in
      if case .receiving = state.phase { true } else { false }
    }
  }

  private func enter(_ next: Phase) {
    state.withLock { state in
      if case .closed = state.phase { return }
      state = State(phase: next)
    }
  }

  /// Shuts the connection down when it is out of time or its peer has left, telling a client in the middle of
  /// a request `words` first. libmicrohttpd then sees the end of the stream and closes the descriptor.
  /// - Returns: why a client that was still there was cut off.
  func close(
    ifOverdueAt now: ContinuousClock.Instant, words: (HTTPServer.RefusalReason) -> [UInt8]
  ) -> HTTPServer.RefusalReason? {
    state.withLock { state in
      let reason: HTTPServer.RefusalReason
      switch state.phase {
      case .idle(let deadline) where deadline < now: reason = .silence
      case .receiving(let deadline, _) where deadline < now: reason = .receiveTimeout
      case .receiving(_, let pace?) where pace.isTooSlow(at: now): reason = .receiveRate
      case .sending(let deadline) where deadline < now: reason = .sendTimeout
      case .idle, .receiving:
        closeIfPeerHasLeft(&state)
        return nil
      case .serving, .sending, .closed: return nil
      }
      sendAndShutDown(words(reason))
      state.phase = .closed
      return reason
    }
  }

  /// Sends `words` past libmicrohttpd and shuts the connection down; for when a request is being received
  /// and cannot be answered the regular way.
  func closeAfterSending(_ words: [UInt8]) {
    state.withLock { state in
      guard case .receiving = state.phase else { return }
      sendAndShutDown(words)
      state.phase = .closed
    }
  }

  /// Ends a connection whose peer will send no more and whose bytes have all been read.
  ///
  /// libmicrohttpd's epoll loop misses an end that arrives together with the last bytes, and would keep the
  /// connection until its deadline. Only at the second look, because what was just read may still become a
  /// request. Its poll loop, which serves TLS, misses nothing.
  private func closeIfPeerHasLeft(_ state: inout State) {
    var byte: UInt8 = 0
    guard credentials == nil, recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) == 0 else { return }
    if state.hadPeerLeft {
      shutdown(descriptor, Int32(SHUT_RDWR))
      state.phase = .closed
    }
    state.hadPeerLeft = true
  }

  private func sendAndShutDown(_ words: [UInt8]) {
    // Only libmicrohttpd can write to a TLS session; such a client sees no more than the end. One attempt:
    // nothing else has been sent for this request, so the socket's buffer has room.
    if credentials == nil, !words.isEmpty {
      _ = send(descriptor, words, words.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
    }
    shutdown(descriptor, Int32(SHUT_RDWR))
  }
}
