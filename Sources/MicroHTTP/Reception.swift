import CMicroHTTPD

/// One request while it comes in: confined to the server's thread that reads its connection.
///
/// libmicrohttpd calls `proceed` once when the header is complete, once for each piece of the body, once at
/// the end of the body, and once more after a suspended connection is resumed.
final class Reception {
  private enum Stage {
    case head
    case body
    case exchange(Exchange)
    /// A response is queued.
    case over
  }

  /// The most that is reserved on the word of a Content-Length alone.
  private static let reservationLimit = 1 << 20
  /// How much more of a chunked body than its limit is read and thrown away, so that a client which is a
  /// little over it can finish sending and read the answer.
  private static let discardLimit = 1 << 20

  private let core: ServerCore
  private let client: Client
  private let arrival: ContinuousClock.Instant
  private let rawTarget: [UInt8]
  private var stage = Stage.head
  private var method = ""
  private var target: RequestTarget?
  private var headers = HTTPFields()
  private var body: [UInt8] = []
  private var discardedByteCount = 0
  private var isInFlight = false

  init(core: ServerCore, client: Client, rawTarget: [UInt8]) {
    self.core = core
    self.client = client
    self.rawTarget = rawTarget
    arrival = .now
    client.beginReceiving(until: arrival + core.configuration.receiveTimeout)
  }

  /// Handles one call of the access handler.
  /// - Parameter piece: a part of the body; it is consumed whole, empty when there is none.
  /// - Returns: whether the connection goes on; false closes it.
  func proceed(
    _ connection: ConnectionHandle, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>,
    piece: UnsafeRawBufferPointer
  ) -> Bool {
    switch stage {
    case .head:
      return receiveHead(connection, method: method, version: version)
    case .body where !piece.isEmpty:
      return receive(piece)
    case .body:
      return handOver(connection)
    case .exchange(let exchange):
      return finish(exchange, on: connection)
    case .over:
      return true
    }
  }

  /// Called when the response has been sent or the connection has ended.
  func end() {
    if isInFlight { core.inFlight.subtract(1, ordering: .sequentiallyConsistent) }
    let configuration = core.configuration
    client.beginIdling(until: .now + configuration.idleTimeout + configuration.receiveTimeout)
  }

  private func receiveHead(
    _ connection: ConnectionHandle, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>
  ) -> Bool {
    let head = RequestHead(connection, method: method, targetByteCount: rawTarget.count, version: version)
    self.method = String(cString: method)
    headers = HTTPFields(head.fields)
    do throws(HTTPRefusal) {
      guard head.isWhole else {
        throw .badRequest("the header has a NUL, a folded line or a line that does not end in CR LF")
      }
      let limit = core.configuration.bodyLimit
      let framing = try BodyFraming(fields: headers, version: String(cString: version), limit: limit)
      target = try RequestTarget(rawTarget)
      if case .length(let count) = framing { body.reserveCapacity(min(count, Self.reservationLimit)) }
    } catch {
      // Closing, because after such a head nobody knows where the next request begins.
      return queue(.refusal(error), on: connection, closing: true)
    }
    stage = .body
    let configuration = core.configuration
    if configuration.minimumReceiveRate > 0 {
      client.beginBody(
        BodyPace(
          minimumRate: configuration.minimumReceiveRate, grace: configuration.receiveRateGrace,
          beginning: .now))
    }
    return true
  }

  private func receive(_ piece: UnsafeRawBufferPointer) -> Bool {
    if core.configuration.minimumReceiveRate > 0 { client.receive(byteCount: piece.count) }
    if discardedByteCount == 0, body.count + piece.count <= core.configuration.bodyLimit {
      body.append(contentsOf: piece)
      return true
    }
    body = []
    discardedByteCount += piece.count
    guard discardedByteCount > Self.discardLimit else { return true }
    // No response can be queued in the middle of a body; without one the client would learn nothing.
    client.closeAfterSending(core.finalWords(.payloadTooLarge(limit: core.configuration.bodyLimit)))
    return false
  }

  private func handOver(_ connection: ConnectionHandle) -> Bool {
    guard discardedByteCount == 0, let target else {
      return queue(.refusal(.payloadTooLarge(limit: core.configuration.bodyLimit)), on: connection)
    }
    guard core.admitRequest() else { return queue(.refusal(.shuttingDown), on: connection) }
    isInFlight = true
    client.beginServing()
    let request = HTTPRequest(
      method: method, path: target.path, query: target.query, headers: headers, body: body,
      remoteAddress: client.remoteAddress, arrival: arrival)
    body = []
    let exchange = Exchange(core: core, descriptor: client.descriptor)
    stage = .exchange(exchange)
    core.handler(request, HTTPResponder(exchange))
    return finish(exchange, on: connection)
  }

  private func finish(_ exchange: Exchange, on connection: ConnectionHandle) -> Bool {
    guard let answer = exchange.takeAnswer(orSuspend: connection) else { return true }
    return queue(answer, on: connection)
  }

  private func queue(_ answer: Answer, on connection: ConnectionHandle, closing: Bool = false) -> Bool {
    stage = .over
    let closing =
      closing || core.isQuiescing.load(ordering: .relaxed) || core.isStopping.load(ordering: .relaxed)
    let response = core.response(for: answer)
    client.beginSending(until: .now + core.configuration.sendTimeout(forByteCount: response.body.count))
    return connection.queue(response, closing: closing)
  }
}
