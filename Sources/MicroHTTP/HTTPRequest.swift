/// One request, received in full.
package struct HTTPRequest: Sendable {
  /// The method as it was sent, which may be one that no standard knows. Methods are case-sensitive.
  package let method: String
  /// The path, percent-decoded: it begins with `/`, or is `*`. An encoded slash is decoded too.
  package let path: String
  /// The pairs after the `?`; `+` stands for a space.
  package let query: HTTPQuery
  /// The header fields. Names are tokens and values are free of control characters other than the tab;
  /// bytes that are not UTF-8 have become U+FFFD.
  package let headers: HTTPFields
  /// The body; a chunked one has been put together.
  package let body: [UInt8]
  /// The client's numeric address without the port, such as `192.0.2.1` or `2001:db8::1`.
  package let remoteAddress: String
  /// When the request line had been read; the body came after it.
  package let arrival: ContinuousClock.Instant

  /// Makes a request, for a test of a handler.
  package init(
    method: String, path: String, query: HTTPQuery = HTTPQuery(), headers: HTTPFields = HTTPFields(),
    body: [UInt8] = [], remoteAddress: String = "127.0.0.1", arrival: ContinuousClock.Instant = .now
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.remoteAddress = remoteAddress
    self.arrival = arrival
  }
}
