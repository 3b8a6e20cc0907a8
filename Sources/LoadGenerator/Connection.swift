import Glibc

/// A connection with at most one request on its way.
///
/// It never waits: what can't go on now goes on in `proceed`, when the poller says so.
final class Connection {
  enum Outcome {
    case answered(Response)
    case failed(RequestFailure)
  }

  private enum Phase {
    case closed
    case connecting(Int32)
    case open(Int32)
  }

  private let slot: Int
  private let address: ServerAddress
  private let poller: Poller
  private var phase = Phase.closed
  private var parser = ResponseParser()
  private var message: [UInt8] = []
  private var sentCount = 0
  /// Whether the poller watches for room to write.
  private var isWriting = false
  /// Whether this connection has brought an answer before.
  private var isReused = false
  private var isResent = false

  /// When the request on its way was due; nil without one.
  private(set) var due: Nanoseconds?
  /// How often the server closed between two requests.
  private(set) var serverClosureCount = 0

  init(slot: Int, address: ServerAddress, poller: Poller) {
    (self.slot, self.address, self.poller) = (slot, address, poller)
  }

  deinit { disconnect() }

  /// Sends a request.
  /// - Returns: how it ended, where that is known already.
  func begin(_ message: [UInt8], due: Nanoseconds) -> Outcome? {
    (self.message, self.due, isResent) = (message, due, false)
    return start()
  }

  /// Goes on with what is possible now.
  func proceed() -> Outcome? {
    switch phase {
    case .closed: return nil
    case .connecting(let descriptor):
      let code = connectError(descriptor)
      guard code == 0 else { return fail(.connect, reason(code)) }
      phase = .open(descriptor)
      transmit(descriptor)
      return nil
    case .open(let descriptor):
      if sentCount < message.count, isWriting { transmit(descriptor) }
      return receive(descriptor)
    }
  }

  /// Gives up the request on its way, and the connection with it.
  func abandon() {
    disconnect()
    due = nil
  }

  private func start() -> Outcome? {
    sentCount = 0
    if case .open(let descriptor) = phase {
      transmit(descriptor)
      return nil
    }
    (isReused, isWriting, parser) = (false, true, ResponseParser())
    switch address.connectingSocket() {
    case .failure(let error): return fail(.connect, error.description)
    case .success(let descriptor):
      phase = .connecting(descriptor)
      guard poller.add(descriptor, slot: slot, writing: true) else { return fail(.connect, reason(errno)) }
      return nil
    }
  }

  private func transmit(_ descriptor: Int32) {
    var isBlocked = false
    while sentCount < message.count, !isBlocked {
      let count = message.withUnsafeBytes {
        let rest = UnsafeRawBufferPointer(rebasing: $0[sentCount...])
        return send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
      }
      if count >= 0 {
        sentCount += count
      } else if errno == EAGAIN {
        isBlocked = true
      } else if errno != EINTR {
        // The server has closed its side. It may have answered before, which `receive` finds out.
        break
      }
    }
    if isWriting != isBlocked {
      isWriting = isBlocked
      poller.change(descriptor, slot: slot, writing: isBlocked)
    }
  }

  private func receive(_ descriptor: Int32) -> Outcome? {
    let count = parser.receive { recv(descriptor, $0.baseAddress, $0.count, 0) }
    guard count > 0 else {
      return count < 0 && (errno == EAGAIN || errno == EINTR) ? nil : serverClosed()
    }
    do throws(ResponseError) {
      // Bytes that nobody asked for.
      guard due != nil else { throw .surplus }
      guard let response = try parser.next() else { return nil }
      guard parser.isBetweenResponses else { throw .surplus }
      if response.closes { serverClosureCount += 1 }
      if response.closes || sentCount < message.count { disconnect() }
      isReused = true
      due = nil
      return .answered(response)
    } catch {
      return fail(.broken, error.description)
    }
  }

  /// A server may close a connection that has carried a request before at any time; a request that was sent
  /// meanwhile goes out once more.
  private func serverClosed() -> Outcome? {
    disconnect()
    guard isReused, parser.isBetweenResponses, !isResent else {
      return fail(.broken, "the server closed the connection before the end of its answer")
    }
    serverClosureCount += 1
    guard due != nil else { return nil }
    isResent = true
    return start()
  }

  private func fail(_ kind: RequestFailure.Kind, _ reason: String) -> Outcome? {
    disconnect()
    guard due != nil else { return nil }
    due = nil
    return .failed(RequestFailure(kind: kind, reason: reason))
  }

  private func disconnect() {
    switch phase {
    case .closed: break
    case .connecting(let descriptor), .open(let descriptor): close(descriptor)
    }
    phase = .closed
  }
}
