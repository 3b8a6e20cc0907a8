import Synchronization

/// What the server's threads share; it outlives the daemons.
final class ServerCore: Sendable {
  let configuration: HTTPServer.Configuration
  let judge: @Sendable (HTTPRequestHead) -> HTTPVerdict
  let handler: @Sendable (HTTPRequest, HTTPResponder) -> Void
  let clients = ClientTable()
  let lingering = LingeringSockets()
  /// What new connections prove the server's identity with; nil where the server speaks plain HTTP.
  let credentials: Mutex<TLSCredentials?>
  /// Connections turned away or cut off, since the start.
  let refusedCounts = Mutex<[HTTPServer.RefusalReason: Int]>([:])

  /// Requests handed to the handler and not answered; their connections may be suspended.
  let unanswered = Atomic(0)
  /// Requests handed to the handler whose response has not been sent.
  let inFlight = Atomic(0)
  /// Every response asks its client to close the connection.
  let isQuiescing = Atomic(false)
  /// No request is handed to the handler any more.
  let isStopping = Atomic(false)

  init(
    configuration: HTTPServer.Configuration, credentials: TLSCredentials?,
    judge: @escaping @Sendable (HTTPRequestHead) -> HTTPVerdict,
    handler: @escaping @Sendable (HTTPRequest, HTTPResponder) -> Void
  ) {
    self.configuration = configuration
    self.credentials = Mutex(credentials)
    self.judge = judge
    self.handler = handler
  }

  /// Counts a request in, unless the server is stopping.
  ///
  /// Count first, look second; stop() sets the flag first and reads the count second. With a total order
  /// either this sees the flag or stop() sees the count.
  func admitRequest() -> Bool {
    unanswered.add(1, ordering: .sequentiallyConsistent)
    guard !isStopping.load(ordering: .sequentiallyConsistent) else {
      unanswered.subtract(1, ordering: .sequentiallyConsistent)
      return false
    }
    inFlight.add(1, ordering: .sequentiallyConsistent)
    return true
  }

  func count(_ reason: HTTPServer.RefusalReason) {
    refusedCounts.withLock { $0[reason, default: 0] += 1 }
  }

  func response(for answer: Answer) -> HTTPResponse {
    switch answer {
    case .response(let response): response
    case .refusal(let refusal): response(for: refusal)
    }
  }

  /// The response that tells a client of `refusal`; to be asked for once for each answer given.
  func response(for refusal: HTTPRefusal) -> HTTPResponse {
    var response = configuration.refusalResponse(refusal)
    if let seconds = refusal.retryAfterSeconds { response.headers["Retry-After"] = String(seconds) }
    return response
  }
}
