import CMicroHTTPD

/// One request while it comes in: confined to the server's thread that reads its connection.
///
/// libmicrohttpd calls `proceed` once when the head is complete, once for each piece of the body, once at the
/// end of the body, and once more after a suspended connection is resumed.
final class Reception {
  private enum Stage {
    case head
    /// A request without a body has its answer, which is given in the next call: what is answered in the
    /// first call costs the connection.
    case judged(Answer)
    case body
    /// The body is thrown away as it comes: it is too large, or there is no memory for it.
    case refusedBody(HTTPRefusal, discardedByteCount: Int)
    case exchange(Exchange)
    /// A response is queued.
    case over
  }

  /// How much of a chunked body that is refused is read and thrown away, so that a client which is a little
  /// over the limit can finish sending and read the answer.
  private static let discardLimit = 1 << 20

  private let core: ServerCore
  private let client: Client
  private let connection: ConnectionHandle
  private let arrival: ContinuousClock.Instant
  private let rawTarget: [UInt8]
  private var stage = Stage.head
  private var head: HTTPRequestHead?
  private var body: BodyBuffer?
  private var isInFlight = false
  /// Whether the connection may end with the answer, by the client's wish or the server's.
  private var mayBeLast = false

  init(core: ServerCore, client: Client, connection: ConnectionHandle, rawTarget: [UInt8]) {
    self.core = core
    self.client = client
    self.connection = connection
    self.rawTarget = rawTarget
    arrival = .now
    client.beginReceiving(since: arrival, until: arrival + core.configuration.receiveTimeout)
  }

  /// Handles one call of the access handler.
  /// - Parameter piece: a part of the body; it is consumed whole, empty when there is none.
  /// - Returns: whether the connection goes on; false closes it.
  func proceed(
    method: UnsafePointer<CChar>, version: UnsafePointer<CChar>, piece: UnsafeRawBufferPointer
  ) -> Bool {
    switch stage {
    case .head:
      return receiveHead(method: method, version: version)
    case .body where !piece.isEmpty:
      return receive(piece)
    case .body:
      return handOver()
    case .refusedBody(let refusal, let count) where !piece.isEmpty:
      return discard(piece.count, after: count, for: refusal)
    case .refusedBody(let refusal, _):
      return queue(.refusal(refusal))
    case .judged(let answer):
      return queue(answer)
    case .exchange(let exchange):
      return finish(exchange)
    case .over:
      return true
    }
  }

  /// Called when the response has been sent or the connection has ended.
  /// - Parameter isFailure: whether libmicrohttpd ended the connection over an error.
  func end(isFailure: Bool) {
    if isFailure, client.phase.isReceiving, !client.hasPeerLeft { core.count(.malformed) }
    core.clients.beginIdling(
      client, until: .now + core.configuration.idleTimeout, isEnding: mayBeLast || isFailure)
    // Last: who sees none in flight finds every connection idle.
    if isInFlight { core.inFlight.subtract(1, ordering: .sequentiallyConsistent) }
  }

  // MARK: The head

  private func receiveHead(method: UnsafePointer<CChar>, version: UnsafePointer<CChar>) -> Bool {
    do throws(HTTPRefusal) {
      let raw = RequestHead(connection, method: method, targetByteCount: rawTarget.count, version: version)
      guard raw.isWhole else {
        throw .badRequest("the header has a NUL, a folded line or a line that does not end in CR LF")
      }
      let version = String(cString: version)
      let fields = HTTPFields(raw.fields)
      let framing = try BodyFraming(fields: fields, version: version, limit: core.configuration.bodyLimit)
      let target = try RequestTarget(rawTarget)
      try fields.checkHost(version: version)
      try fields.checkExpectation(version: version)
      mayBeLast = fields.asksToClose(version: version)
      let head = HTTPRequestHead(
        method: String(cString: method), path: target.path, query: target.query, headers: fields,
        declaredByteCount: framing.declaredByteCount, remoteAddress: client.remoteAddress, arrival: arrival)
      self.head = head
      return try follow(core.judge(head), framing)
    } catch {
      // Closing, because after such a head nobody knows where the next request begins.
      return refuse(.refusal(error), closing: true)
    }
  }

  private func follow(_ verdict: HTTPVerdict, _ framing: BodyFraming) throws(HTTPRefusal) -> Bool {
    if case .refuse(let response) = verdict {
      return refuse(.response(response), closing: framing.declaredByteCount != 0)
    }
    let limit = core.configuration.bodyLimit
    if let count = framing.declaredByteCount, count > limit { throw .payloadTooLarge(limit: limit) }
    let body = try BodyBuffer(framing, limit: limit, budget: core.configuration.byteBudget)
    self.body = body
    stage = .body
    if framing.declaredByteCount != 0 { beginBody(reservedByteCount: body.reservedByteCount) }
    return true
  }

  private func beginBody(reservedByteCount: Int) {
    let configuration = core.configuration
    let now = ContinuousClock.now
    let progress = BodyProgress(
      reservedByteCount: reservedByteCount, allowance: configuration.receiveTimeout, beginning: now)
    let pace =
      configuration.minimumReceiveRate > 0
      ? BodyPace(
        minimumRate: configuration.minimumReceiveRate, grace: configuration.receiveRateGrace, beginning: now)
      : nil
    client.beginBody(progress, pace: pace)
  }

  /// Answers without reading on.
  private func refuse(_ answer: Answer, closing: Bool) -> Bool {
    guard closing else {
      stage = .judged(answer)
      return true
    }
    core.lingering.add(copyOf: client.descriptor)
    return queue(answer, closing: true)
  }

  // MARK: When libmicrohttpd is about to answer by itself

  /// Whether the head has been read whole. Only while it has not been handed out.
  var isHeadComplete: Bool {
    microhttp_head_size(connection.pointer) > 0
  }

  /// Answers in the place of libmicrohttpd, which has found the head's Content-Length malformed or too large,
  /// or lacks memory for its cookies.
  func refuseInLibrarysPlace(status: Int) {
    let refusal: HTTPRefusal =
      switch status {
      case 413: .payloadTooLarge(limit: core.configuration.bodyLimit)
      case 431: .headTooLarge
      default: .badRequest("Content-Length must be one decimal number")
      }
    client.closeReceiving(
      words: { core.finalWords(refusal) }, through: connection.sender(), linger: core.lingering.add(copyOf:))
  }

  // MARK: The body

  private func receive(_ piece: UnsafeRawBufferPointer) -> Bool {
    guard body != nil else { return false }
    do throws(HTTPRefusal) {
      // In place: an array with a second reference would be copied.
      try body?.append(piece)
      client.receive(byteCount: piece.count, reservedByteCount: body?.reservedByteCount ?? 0)
      return true
    } catch {
      body = nil
      client.receive(byteCount: piece.count, reservedByteCount: 0)
      return discard(piece.count, after: 0, for: error)
    }
  }

  private func discard(_ byteCount: Int, after count: Int, for refusal: HTTPRefusal) -> Bool {
    stage = .refusedBody(refusal, discardedByteCount: count + byteCount)
    guard count + byteCount > Self.discardLimit else { return true }
    // No response can be queued in the middle of a body; without one the client would learn nothing.
    let isCut = client.closeReceiving(
      words: { core.finalWords(refusal) }, through: connection.sender(), linger: core.lingering.add(copyOf:))
    if isCut { core.count(.bodyRefused) }
    return false
  }

  // MARK: The answer

  private func handOver() -> Bool {
    guard let head, let received = body else { return false }
    body = nil
    guard core.admitRequest() else { return queue(.refusal(.shuttingDown)) }
    isInFlight = true
    client.beginServing()
    let exchange = Exchange(core: core, descriptor: client.descriptor)
    stage = .exchange(exchange)
    let body = received.bytes.isEmpty ? .empty : HTTPBody(received.bytes, hold: received.hold)
    core.handler(HTTPRequest(head: head, body: body), HTTPResponder(exchange))
    return finish(exchange)
  }

  private func finish(_ exchange: Exchange) -> Bool {
    guard let answer = exchange.takeAnswer(orSuspend: connection) else { return true }
    return queue(answer)
  }

  private func queue(_ answer: Answer, closing: Bool = false) -> Bool {
    stage = .over
    let closing =
      closing || core.isQuiescing.load(ordering: .relaxed) || core.isStopping.load(ordering: .relaxed)
    mayBeLast = mayBeLast || closing
    let response = core.response(for: answer)
    client.beginSending(until: .now + core.configuration.sendTimeout(forByteCount: response.body.count))
    return connection.queue(response, closing: closing)
  }
}
