import CMicroHTTPD
import Glibc
import Synchronization

/// One open connection, as the acceptor sees it: who is there and how long what it does may take.
final class Client: Sendable {
  enum Phase {
    /// Between requests, or before the first.
    case idle(since: ContinuousClock.Instant, until: ContinuousClock.Instant, Leisure)
    /// A request is coming in; its body, once that has begun, not too slowly.
    case receiving(until: ContinuousClock.Instant, pace: BodyPace?, progress: BodyProgress)
    /// The request waits for its answer.
    case serving
    /// libmicrohttpd is sending.
    case sending(until: ContinuousClock.Instant)
    /// Shut down, or closed.
    case closed
  }

  enum Leisure {
    case beforeFirstRequest
    case betweenRequests
    /// The last request or its answer asked for the connection's end.
    case afterLastRequest
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
    idleSince now: ContinuousClock.Instant, until deadline: ContinuousClock.Instant
  ) {
    self.descriptor = descriptor
    remoteAddress = address.host
    addressGroup = address.group
    self.credentials = credentials
    state = Mutex(State(phase: .idle(since: now, until: deadline, .beforeFirstRequest)))
  }

  /// - Returns: false when the connection is shut down already.
  @discardableResult
  func beginIdling(
    since now: ContinuousClock.Instant, until deadline: ContinuousClock.Instant, isEnding: Bool
  ) -> Bool {
    enter(.idle(since: now, until: deadline, isEnding ? .afterLastRequest : .betweenRequests))
  }

  func beginReceiving(since now: ContinuousClock.Instant, until deadline: ContinuousClock.Instant) {
    // Nothing is reserved for a head, so nothing but the deadline hurries it.
    let progress = BodyProgress(reservedByteCount: 0, allowance: .seconds(1), beginning: now)
    enter(.receiving(until: deadline, pace: nil, progress: progress))
  }

  /// Holds the body, which begins now, to its pace.
  func beginBody(_ progress: BodyProgress, pace: BodyPace?) {
    state.withLock { state in
      guard case .receiving(let deadline, _, _) = state.phase else { return }
      state.phase = .receiving(until: deadline, pace: pace, progress: progress)
    }
  }

  /// Counts `byteCount` more bytes of the body.
  func receive(byteCount: Int, reservedByteCount: Int) {
    state.withLock { state in
      guard case .receiving(let deadline, var pace, var progress) = state.phase else { return }
      pace?.byteCount += byteCount
      progress.receive(byteCount: byteCount, reservedByteCount: reservedByteCount, at: .now)
      state.phase = .receiving(until: deadline, pace: pace, progress: progress)
    }
  }

  func beginServing() {
    enter(.serving)
  }

  func beginSending(until deadline: ContinuousClock.Instant) {
    enter(.sending(until: deadline))
  }

  /// Closes the client's book: its descriptor is about to be closed and must not be used any more.
  /// - Returns: what the connection did last.
  func leave() -> Phase {
    state.withLock { state in
      defer { state.phase = .closed }
      return state.phase
    }
  }

  /// What the connection does now; it may do something else a moment later.
  var phase: Phase {
    state.withLock { $0.phase }
  }

  @discardableResult
  private func enter(_ next: Phase) -> Bool {
    state.withLock { state in
      if case .closed = state.phase { return false }
      state = State(phase: next)
      return true
    }
  }

  /// Shuts the connection down for the reason that `judge` finds in its phase, if any. libmicrohttpd then
  /// sees the end of the stream and closes the descriptor.
  /// - Parameters:
  ///   - words: what a client in the middle of a request is told; asked for only when it can be.
  ///   - linger: takes a descriptor of the connection, to read what its client still sends.
  /// - Returns: the reason.
  func close(
    _ judge: (Phase) -> HTTPServer.RefusalReason?, words: (HTTPServer.RefusalReason) -> [UInt8],
    linger: (Int32) -> Void
  ) -> HTTPServer.RefusalReason? {
    state.withLock { state in
      guard let reason = judge(state.phase) else { return nil }
      if case .receiving = state.phase, credentials == nil {
        send(words(reason))
        linger(descriptor)
      }
      shutDown(&state)
      return reason
    }
  }

  /// Sends `words`, by default past libmicrohttpd, and shuts the connection down; for when a request is being
  /// received and cannot be answered the regular way.
  /// - Parameters:
  ///   - words: as in `close`.
  ///   - sender: writes to the connection's TLS session; nil where that is not possible.
  /// - Returns: whether the connection was receiving.
  @discardableResult
  func closeReceiving(
    words: () -> [UInt8], through sender: (([UInt8]) -> Void)? = nil, linger: (Int32) -> Void
  ) -> Bool {
    state.withLock { state in
      guard case .receiving = state.phase else { return false }
      if let sender {
        sender(words())
      } else if credentials == nil {
        send(words())
      }
      linger(descriptor)
      shutDown(&state)
      return true
    }
  }

  /// Whether bytes have arrived that libmicrohttpd has not read. The descriptor must be open.
  var hasUnreadBytes: Bool {
    peek() > 0
  }

  /// Whether the peer will send no more. The descriptor must be open.
  var hasPeerLeft: Bool {
    let count = peek()
    return count == 0 || count < 0 && errno != EAGAIN
  }

  private func peek() -> Int {
    var byte: UInt8 = 0
    return recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
  }

  /// Ends a connection whose peer will send no more and whose bytes have all been read.
  ///
  /// libmicrohttpd's epoll loop misses an end that arrives together with the last bytes, and would keep the
  /// connection until its deadline. Only at the second look, because what was just read may still become a
  /// request. Its poll loop, which serves TLS, misses nothing. One that is shut down and still open is shut down
  /// again, which wakes that loop once more.
  func closeIfPeerHasLeft() {
    guard credentials == nil else { return }
    state.withLock { state in
      switch state.phase {
      case .idle, .receiving: break
      case .closed: return shutDown(&state)
      case .serving, .sending: return
      }
      guard peek() == 0 else { return }
      if state.hadPeerLeft { shutDown(&state) }
      state.hadPeerLeft = true
    }
  }

  private func shutDown(_ state: inout State) {
    shutdown(descriptor, Int32(SHUT_RDWR))
    state.phase = .closed
  }

  /// One attempt: nothing else has been sent for this request, so the socket's buffer has room.
  private func send(_ words: [UInt8]) {
    guard !words.isEmpty else { return }
    _ = Glibc.send(descriptor, words, words.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
  }
}

extension Client.Phase {
  /// Why a connection in this phase is out of time at `now`; nil when it is not.
  func overdueReason(at now: ContinuousClock.Instant) -> HTTPServer.RefusalReason? {
    switch self {
    case .idle(_, let deadline, .beforeFirstRequest) where deadline < now: .silence
    case .idle(_, let deadline, _) where deadline < now: .idle
    case .receiving(let deadline, _, _) where deadline < now: .receiveTimeout
    case .receiving(_, let pace?, _) where pace.isTooSlow(at: now): .receiveRate
    case .sending(let deadline) where deadline < now: .sendTimeout
    case .idle, .receiving, .serving, .sending, .closed: nil
    }
  }

  var isReceiving: Bool {
    if case .receiving = self { true } else { false }
  }

  /// Since when the connection has been idle; nil when it is not.
  var idleSince: ContinuousClock.Instant? {
    if case .idle(let since, _, _) = self { since } else { nil }
  }

  /// When the request that is coming in last made progress; nil when none is.
  var receivingSince: ContinuousClock.Instant? {
    if case .receiving(_, _, let progress) = self { progress.lastProgress } else { nil }
  }
}
