import MicroHTTP

/// A kind of error as programs see it: a status code and a word. README.md and openapi.json list the same.
package struct ErrorKind: Hashable, Sendable {
  /// Who can be answered with it.
  package enum Scope: Sendable {
    /// Any request.
    case any
    /// One to a route that asks for a key.
    case keyed
    /// One that names a thing in its path.
    case named
    /// One that brings images.
    case inference
    /// An order of an operator's.
    case order
    /// An order to load a checkpoint.
    case reload
    /// Nobody: who would read it has left.
    case nobody
  }

  /// The status code.
  package let status: Int
  /// A word for programs, `error_type` in JSON.
  package let type: String
  /// Who can be answered with it.
  package let scope: Scope

  private init(_ status: Int, _ type: String, _ scope: Scope) {
    (self.status, self.type, self.scope) = (status, type, scope)
  }
}

extension ErrorKind {
  static let badRequest = ErrorKind(400, "bad_request", .any)
  static let unauthorized = ErrorKind(401, "unauthorized", .keyed)
  static let forbidden = ErrorKind(403, "forbidden", .order)
  static let notFound = ErrorKind(404, "not_found", .named)
  static let methodNotAllowed = ErrorKind(405, "method_not_allowed", .any)
  static let conflict = ErrorKind(409, "conflict", .reload)
  static let payloadTooLarge = ErrorKind(413, "payload_too_large", .any)
  static let unsupportedMediaType = ErrorKind(415, "unsupported_media_type", .inference)
  static let undecodableImage = ErrorKind(422, "undecodable_image", .inference)
  static let notFinite = ErrorKind(422, "not_finite", .inference)
  static let overloaded = ErrorKind(429, "overloaded", .inference)
  /// nginx' number for a client that left is what logs know.
  static let clientGone = ErrorKind(499, "client_gone", .nobody)
  static let `internal` = ErrorKind(500, "internal", .any)
  static let notReady = ErrorKind(503, "not_ready", .any)
  static let deadlineExceeded = ErrorKind(504, "deadline_exceeded", .inference)

  /// What the HTTP server turns down before a route has seen it, beside `badRequest` and `payloadTooLarge`.
  private static let refusals = [
    ErrorKind(408, "request_timeout", .any), ErrorKind(417, "expectation_failed", .any),
    ErrorKind(431, "header_too_large", .any),
    ErrorKind(503, "overloaded", .any), ErrorKind(503, "shutting_down", .any),
  ]

  /// Every kind.
  package static let all =
    [
      badRequest, unauthorized, forbidden, notFound, methodNotAllowed, conflict, payloadTooLarge,
      unsupportedMediaType,
      undecodableImage, notFinite, overloaded, clientGone, .internal, notReady, deadlineExceeded,
    ] + refusals

  /// What the HTTP server says of a request that it turned down.
  init(_ refusal: HTTPRefusal) {
    self.init(refusal.status, refusal.errorType, .any)
  }
}

extension Route {
  /// Every kind of error that a request to the route can be answered with.
  package var errors: [ErrorKind] {
    ErrorKind.all.filter { kind in
      switch kind.scope {
      case .any: true
      case .keyed: access != .probe && access != .page
      case .named: pattern.contains("{")
      case .inference: access == .inference
      case .order: access == .order
      case .reload: pattern == "/v1/reload"
      case .nobody: false
      }
    }
  }
}
