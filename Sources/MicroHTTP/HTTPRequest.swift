/// One request, received in full.
package struct HTTPRequest: Sendable {
  /// What was known before the body came.
  package let head: HTTPRequestHead
  /// The body; a chunked one has been put together.
  package let body: HTTPBody

  /// See `HTTPRequestHead.method`.
  package var method: String { head.method }
  /// See `HTTPRequestHead.path`.
  package var path: String { head.path }
  /// See `HTTPRequestHead.query`.
  package var query: HTTPQuery { head.query }
  /// See `HTTPRequestHead.headers`.
  package var headers: HTTPFields { head.headers }
  /// See `HTTPRequestHead.remoteAddress`.
  package var remoteAddress: String { head.remoteAddress }
  /// When the request line had been read; the body came after it.
  package var arrival: ContinuousClock.Instant { head.arrival }

  /// Makes a request of a head and its body; in a test of a handler, together with
  /// `HTTPResponder.init(receiver:)`.
  package init(head: HTTPRequestHead, body: HTTPBody = .empty) {
    self.head = head
    self.body = body
  }

  /// Makes a request, for a test of a handler.
  package init(
    method: String, path: String, query: HTTPQuery = HTTPQuery(), headers: HTTPFields = HTTPFields(),
    body: [UInt8] = [], remoteAddress: String = "127.0.0.1", arrival: ContinuousClock.Instant = .now
  ) {
    self.init(
      head: HTTPRequestHead(
        method: method, path: path, query: query, headers: headers, declaredByteCount: body.count,
        remoteAddress: remoteAddress, arrival: arrival),
      body: HTTPBody(body))
  }
}
