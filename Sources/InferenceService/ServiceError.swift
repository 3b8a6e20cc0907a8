import ImageInput
import MicroHTTP

/// Everything that a client can be told went wrong.
enum ServiceError: Error, Equatable, Sendable {
  case badRequest(String)
  case notFound(path: String)
  case methodNotAllowed(allowed: [String])
  case image(ImageError)
  case refused(HTTPRefusal)
  case overloaded(retryAfterSeconds: Int)
  case notReady(String)
  case abandoned
  case `internal`
}

/// The one place where errors become status codes and words.
extension ServiceError {
  var status: Int {
    switch self {
    case .badRequest: 400
    case .notFound: 404
    case .methodNotAllowed: 405
    case .image(let error):
      switch error.category {
      case .missing: 400
      case .unsupported: 415
      case .undecodable: 422
      case .tooLarge: 413
      case .configuration: 500
      }
    case .refused(let refusal): refusal.status
    case .overloaded: 429
    case .notReady: 503
    // Nobody reads it; nginx' number for a client that left is what logs know.
    case .abandoned: 499
    case .internal: 500
    }
  }

  var type: String {
    if case .refused(let refusal) = self { return refusal.errorType }
    return switch status {
    case 400: "bad_request"
    case 404: "not_found"
    case 405: "method_not_allowed"
    case 413: "payload_too_large"
    case 415: "unsupported_media_type"
    case 422: "undecodable_image"
    case 429: "overloaded"
    case 499: "client_gone"
    case 503: "not_ready"
    default: "internal"
    }
  }

  var message: String {
    switch self {
    case .badRequest(let message), .notReady(let message): message
    case .refused(let refusal): refusal.message
    case .notFound:
      "there is no such route; POST /classify takes an image, GET /info describes the model"
    case .methodNotAllowed(let allowed):
      "this route takes \(allowed.joined(separator: " or "))"
    case .image(let error):
      error.category == .configuration ? "the server can't prepare images" : error.description
    case .overloaded(let seconds):
      "the queue is full; try again in \(seconds) s"
    case .abandoned: "the client left before its turn"
    case .internal: "the server failed to answer; its log has the request's id"
    }
  }

  var headers: HTTPFields {
    switch self {
    case .methodNotAllowed(let allowed): ["Allow": allowed.joined(separator: ", ")]
    case .overloaded(let seconds): ["Retry-After": String(seconds)]
    default: [:]
    }
  }
}
