/// A request's head: what is known before its body is read.
package struct HTTPRequestHead: Sendable {
  /// The method as it was sent, which may be one that no standard knows. Methods are case-sensitive.
  package let method: String
  /// The path, percent-decoded: it begins with `/`, or is `*`. An encoded slash is decoded too.
  package let path: String
  /// The pairs after the `?`; `+` stands for a space.
  package let query: HTTPQuery
  /// The header fields. Names are tokens and values are free of control characters other than the tab;
  /// bytes that are not UTF-8 have become U+FFFD.
  package let headers: HTTPFields
  /// How many bytes the body will have: 0 for a request without one, nil for a chunked body.
  package let declaredByteCount: Int?
  /// The client's numeric address without the port, such as `192.0.2.1` or `2001:db8::1`.
  package let remoteAddress: String
  /// When the request line had been read.
  package let arrival: ContinuousClock.Instant

  /// Makes a head, for a test of a judge or a handler.
  package init(
    method: String, path: String, query: HTTPQuery = HTTPQuery(), headers: HTTPFields = HTTPFields(),
    declaredByteCount: Int? = 0, remoteAddress: String = "127.0.0.1",
    arrival: ContinuousClock.Instant = .now
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.declaredByteCount = declaredByteCount
    self.remoteAddress = remoteAddress
    self.arrival = arrival
  }
}

/// What a server does with a request whose head it has read.
package enum HTTPVerdict: Sendable {
  /// Reads the body, up to the configuration's limit, and hands the request to the handler. A larger one is
  /// answered 413, before it is read where its length was declared.
  case accept
  /// Answers at once, without `100 Continue` and without reading the body. The connection is closed, unless
  /// the request has no body; what its client is still sending is thrown away for a while, so that it can
  /// read the answer.
  case refuse(HTTPResponse)
}
