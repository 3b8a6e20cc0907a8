/// Why the server itself, not the handler, answers a request. The configuration turns it into a response,
/// so that these answers look like the service's own.
package struct HTTPRefusal: Error, Sendable, Equatable {
  /// The status code to answer.
  package let status: Int
  /// A word for programs: `bad_request`, `payload_too_large`, `request_timeout`, `overloaded`,
  /// `shutting_down` or `internal`.
  package let errorType: String
  /// A sentence for people.
  package let message: String

  /// Makes a refusal.
  package init(status: Int, errorType: String, message: String) {
    self.status = status
    self.errorType = errorType
    self.message = message
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

  static let tooManyConnections = HTTPRefusal(
    status: 503, errorType: "overloaded", message: "too many connections are open; try again later")

  static let tooManyConnectionsFromAddress = HTTPRefusal(
    status: 503, errorType: "overloaded",
    message: "too many connections from this address are open; use one connection for several requests")

  static let shuttingDown = HTTPRefusal(
    status: 503, errorType: "shutting_down", message: "the server is shutting down")

  static let unanswered = HTTPRefusal(
    status: 500, errorType: "internal", message: "the request was dropped without an answer")
}
