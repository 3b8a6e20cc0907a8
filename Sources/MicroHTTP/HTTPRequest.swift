/// A whole request: head and body.
public struct HTTPRequest: Sendable {
  /// The method as sent, "GET".
  public let method: String
  /// The path, percent-decoded.
  public let path: String
  /// The query's parameters in order, percent-decoded; a name without "=" has no value.
  public let query: [(name: String, value: String?)]
  /// Header fields in order.
  public let headers: [(name: String, value: String)]
  /// The body.
  public let body: [UInt8]
  /// When its head had arrived.
  public let arrival: ContinuousClock.Instant

  /// A request, as a test makes one.
  public init(
    method: String, path: String, query: [(name: String, value: String?)] = [],
    headers: [(name: String, value: String)] = [], body: [UInt8] = [], arrival: ContinuousClock.Instant = .now
  ) {
    (self.method, self.path, self.query) = (method, path, query)
    (self.headers, self.body, self.arrival) = (headers, body, arrival)
  }

  /// The first header field of that name, in any case of letters.
  public func header(_ name: String) -> String? {
    headers.first { $0.name.lowercased() == name.lowercased() }?.value
  }
}

/// A complete answer.
public struct HTTPResponse: Sendable {
  /// The status code.
  public var status: Int
  /// Header fields; Content-Length, Date and Connection are added by the server.
  public var headers: [(name: String, value: String)]
  /// The body.
  public var body: [UInt8]

  /// An answer with a body of the given type.
  public init(status: Int, contentType: String, headers: [(name: String, value: String)] = [], body: [UInt8])
  {
    self.status = status
    self.headers = [("Content-Type", contentType)] + headers
    self.body = body
  }

  /// Plain text.
  public static func text(_ text: String, status: Int = 200) -> HTTPResponse {
    HTTPResponse(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
  }
}

/// A request that the server itself turns down, before any handler sees it.
public struct HTTPRefusal: Sendable {
  /// 400, 413, …
  public let status: Int
  /// Why, for the client.
  public let message: String
}
