import CMicroHTTPD
import Glibc
import Synchronization

/// One open connection, as the acceptor sees it: who is there and until when it may stay silent.
final class Client: Sendable {
  private enum Phase {
    /// Nothing of a request has arrived.
    case idle(until: ContinuousClock.Instant)
    /// A request is coming in.
    case receiving(until: ContinuousClock.Instant)
    /// libmicrohttpd may be sending.
    case serving
    case closed
  }

  let descriptor: Int32
  let remoteAddress: String
  /// What the connection's TLS session uses; nil without TLS.
  let credentials: TLSCredentials?
  private let phase: Mutex<Phase>

  init(
    descriptor: Int32, remoteAddress: String, credentials: TLSCredentials?,
    idleUntil: ContinuousClock.Instant
  ) {
    self.descriptor = descriptor
    self.remoteAddress = remoteAddress
    self.credentials = credentials
    phase = Mutex(.idle(until: idleUntil))
  }

  func beginIdling(until deadline: ContinuousClock.Instant) {
    enter(.idle(until: deadline))
  }

  func beginReceiving(until deadline: ContinuousClock.Instant) {
    enter(.receiving(until: deadline))
  }

  func beginServing() {
    enter(.serving)
  }

  var isReceiving: Bool {
    phase.withLock { phase in
      if case .receiving = phase { true } else { false }
    }
  }

  private func enter(_ next: Phase) {
    phase.withLock { phase in
      if case .closed = phase { return }
      phase = next
    }
  }

  /// Shuts the connection down when its deadline has passed, telling a client in the middle of a request
  /// `words` first. libmicrohttpd then sees the end of the stream and closes the descriptor.
  func close(ifOverdueAt now: ContinuousClock.Instant, words: () -> [UInt8]) {
    phase.withLock { phase in
      switch phase {
      case .idle(let deadline) where deadline < now:
        shutdown(descriptor, Int32(SHUT_RDWR))
      case .receiving(let deadline) where deadline < now:
        sendAndShutDown(words())
      case .idle, .receiving, .serving, .closed:
        return
      }
      phase = .closed
    }
  }

  /// Sends `words` past libmicrohttpd and shuts the connection down; for when a request is being received
  /// and cannot be answered the regular way.
  func closeAfterSending(_ words: [UInt8]) {
    phase.withLock { phase in
      guard case .receiving = phase else { return }
      sendAndShutDown(words)
      phase = .closed
    }
  }

  private func sendAndShutDown(_ words: [UInt8]) {
    // Only libmicrohttpd can write to a TLS session; such a client sees no more than the end.
    // One attempt: nothing else has been sent for this request, so the socket's buffer has room.
    if credentials == nil { _ = send(descriptor, words, words.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT)) }
    shutdown(descriptor, Int32(SHUT_RDWR))
  }
}
