import ImageInput
import MicroHTTP

/// Everything that a client can be told went wrong.
enum ServiceError: Error, Equatable, Sendable {
  case badRequest(String)
  case notFound(path: String)
  case unknownModel(served: String, version: String)
  case unknownLayer(known: [Int])
  case methodNotAllowed(allowed: [String])
  case image(ImageError)
  case refused(HTTPRefusal)
  case tooManyImages(found: Int, limit: Int)
  case overloaded(String, retryAfterSeconds: Int)
  case unauthorized
  /// An order without a key that somebody's browser or proxy could have sent.
  case forbidden
  /// The pixels that a request brought make the model compute no finite numbers.
  case nonFinite
  case deadline(String)
  case conflict(String)
  /// The checkpoint that was to replace the one that serves can't be used.
  case reload
  case notReady(String)
  case abandoned
  /// The model computes no finite numbers, for pixels of the request's own or for a photo.
  case notFinite(isOfRequest: Bool)
  case `internal`
}

extension ServiceError {
  /// The deadline passed while the request waited.
  static let expired = ServiceError.deadline(
    "the request's deadline passed, or would have before its batch's end; it did not run")
}

/// The one place where errors become status codes and words.
extension ServiceError {
  var status: Int {
    switch self {
    case .badRequest: 400
    case .notFound, .unknownModel, .unknownLayer: 404
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
    case .tooManyImages: 413
    case .overloaded: 429
    case .unauthorized: 401
    case .forbidden: 403
    case .nonFinite: 422
    case .deadline: 504
    case .conflict: 409
    case .reload: 500
    case .notReady: 503
    // Nobody reads it; nginx' number for a client that left is what logs know.
    case .abandoned: 499
    case .notFinite(let isOfRequest): isOfRequest ? 422 : 500
    case .internal: 500
    }
  }

  var type: String {
    if case .refused(let refusal) = self { return refusal.errorType }
    return switch status {
    case 400: "bad_request"
    case 401: "unauthorized"
    case 403: "forbidden"
    case 404: "not_found"
    case 405: "method_not_allowed"
    case 409: "conflict"
    case 413: "payload_too_large"
    case 415: "unsupported_media_type"
    case 422: "undecodable_image"
    case 429: "overloaded"
    case 499: "client_gone"
    case 503: "not_ready"
    case 504: "deadline_exceeded"
    default: "internal"
    }
  }

  var message: String {
    switch self {
    case .badRequest(let message), .notReady(let message), .deadline(let message),
      .conflict(let message):
      message
    case .reload:
      "the new checkpoint can't be used, the one before serves on; the server's log says what is wrong with it"
    case .tooManyImages(let found, let limit):
      "expected 1 to \(limit) images in a request, found \(found); send more requests with fewer each"
    case .unauthorized:
      "send one of the server's keys as 'Authorization: Bearer KEY' or 'x-api-key: KEY'"
    case .forbidden:
      "without keys, orders are taken from the server's own machine alone, sent to 127.0.0.1 by a program and not by a "
        + "browser or through a proxy; give the server keys to send them from elsewhere"
    case .nonFinite:
      "expected pixels from which the model computes finite numbers, found some so large that it does not"
    case .refused(let refusal): refusal.message
    case .notFound:
      "there is no such route; POST /classify takes an image, GET /info describes the model"
    case .unknownModel(let served, let version):
      "no such model here; this server has '\(served)' in version '\(version)'"
    case .unknownLayer(let known):
      known.isEmpty
        ? "this model has no Soft MoE layer"
        : "no such Soft MoE layer; there are \(known.map { String($0) }.joined(separator: ", "))"
    case .methodNotAllowed(let allowed):
      "this route takes \(allowed.joined(separator: " or "))"
    case .image(let error):
      error.category == .configuration ? "the server can't prepare images" : error.description
    case .overloaded(let reason, let seconds):
      "\(reason); try again in \(seconds) s"
    case .abandoned: "the client left before its turn"
    case .notFinite(true): "the model's numbers for these pixels are infinite or none; send normalised ones"
    case .notFinite(false): "the model's numbers for this image are infinite or none"
    case .internal: "the server failed to answer; its log has the request's id"
    }
  }

  var headers: HTTPFields {
    switch self {
    case .methodNotAllowed(let allowed): ["Allow": allowed.joined(separator: ", ")]
    case .overloaded(_, let seconds): ["Retry-After": String(seconds)]
    case .unauthorized: ["WWW-Authenticate": "Bearer"]
    default: [:]
    }
  }
}
