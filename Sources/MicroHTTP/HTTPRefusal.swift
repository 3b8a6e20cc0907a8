/// Why the server itself, not the handler, answers a request. The configuration turns it into a response,
/// so that these answers look like the service's own.
package struct HTTPRefusal: Error, Sendable, Equatable {
  /// The status code to answer.
  package let status: Int
  /// A word for programs: `bad_request`, `payload_too_large`, `header_too_large`, `expectation_failed`,
  /// `request_timeout`, `overloaded`, `shutting_down` or `internal`.
  package let errorType: String
  /// A sentence for people.
  package let message: String
  /// After how many seconds another attempt may do better; the server adds it as `Retry-After`.
  package let retryAfterSeconds: Int?

  /// Makes a refusal.
  package init(status: Int, errorType: String, message: String, retryAfterSeconds: Int? = nil) {
    self.status = status
    self.errorType = errorType
    self.message = message
    self.retryAfterSeconds = retryAfterSeconds
  }

  static func badRequest(_ message: String) -> HTTPRefusal {
    HTTPRefusal(status: 400, errorType: "bad_request", message: message)
  }

  static func payloadTooLarge(limit: Int) -> HTTPRefusal {
    HTTPRefusal(
      status: 413, errorType: "payload_too_large",
      message: "the body is larger than the limit of \(limit) bytes")
  }

  static func receiveTimeout(_ duration: Duration) -> HTTPRefusal {
    HTTPRefusal(
      status: 408, errorType: "request_timeout", message: "the request was not received within \(duration)")
  }

  static func receivedTooSlowly(minimumRate: Int) -> HTTPRefusal {
    HTTPRefusal(
      status: 408, errorType: "request_timeout",
      message: "the body came more slowly than \(minimumRate) bytes a second")
  }

  static let stalled = HTTPRefusal(
    status: 408, errorType: "request_timeout",
    message: "the body made no progress while the server's memory for bodies was short")

  static let expectationFailed = HTTPRefusal(
    status: 417, errorType: "expectation_failed",
    message: "the only expectation understood is \"100-continue\"")

  static let headTooLarge = HTTPRefusal(
    status: 431, errorType: "header_too_large", message: "the request's header is too large")

  static let outOfMemory = HTTPRefusal(
    status: 503, errorType: "overloaded",
    message: "the server's memory for bodies is in use; try again later", retryAfterSeconds: 1)

  static let tooManyConnections = HTTPRefusal(
    status: 503, errorType: "overloaded", message: "too many connections are open; try again later",
    retryAfterSeconds: 1)

  static let tooManyConnectionsFromAddress = HTTPRefusal(
    status: 503, errorType: "overloaded",
    message: "too many connections from this address are open; use one connection for several requests",
    retryAfterSeconds: 1)

  static let shuttingDown = HTTPRefusal(
    status: 503, errorType: "shutting_down", message: "the server is shutting down")

  static let unanswered = HTTPRefusal(
    status: 500, errorType: "internal", message: "the request was dropped without an answer")
}
