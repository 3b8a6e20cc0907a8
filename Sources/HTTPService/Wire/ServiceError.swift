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
  /// The pixels make the model compute no finite numbers.
  case notFinite
  case refused(HTTPRefusal)
  case tooManyImages(found: Int, limit: Int)
  case overloaded(String, retryAfterSeconds: Int)
  case unauthorized
  /// An order without a key that somebody's browser or proxy could have sent.
  case forbidden
  case deadline(String)
  case conflict(String)
  /// The checkpoint that was to replace the one that serves can't be used.
  case reload
  case notReady(String)
  case abandoned
  case `internal`
}

extension ServiceError {
  /// The deadline passed while the request waited.
  static let expired = ServiceError.deadline(
    "the request's deadline passed, or would have before its batch's end; it did not run")
}

/// The one place where errors become status codes and words.
extension ServiceError {
  var kind: ErrorKind {
    switch self {
    case .badRequest: .badRequest
    case .notFound, .unknownModel, .unknownLayer: .notFound
    case .methodNotAllowed: .methodNotAllowed
    case .image(let error):
      switch error.category {
      case .missing: .badRequest
      case .unsupported: .unsupportedMediaType
      case .undecodable: .undecodableImage
      case .tooLarge: .payloadTooLarge
      case .configuration: .internal
      }
    case .notFinite: .notFinite
    case .refused(let refusal): ErrorKind(refusal)
    case .tooManyImages: .payloadTooLarge
    case .overloaded: .overloaded
    case .unauthorized: .unauthorized
    case .forbidden: .forbidden
    case .deadline: .deadlineExceeded
    case .conflict: .conflict
    case .notReady: .notReady
    case .abandoned: .clientGone
    case .reload, .internal: .internal
    }
  }

  var status: Int { kind.status }

  var type: String { kind.type }

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
    case .refused(let refusal): refusal.message
    case .notFound:
      "there is no such route; POST /classify takes an image, GET /info describes the model"
    case .unknownModel(let served, let version):
      "no such model here; this server has '\(served)' in version '\(version)'"
    case .unknownLayer(let known):
      known.isEmpty
        ? "this model has no layer with experts"
        : "no such layer with experts; there are \(known.map { String($0) }.joined(separator: ", "))"
    case .methodNotAllowed(let allowed):
      "this route takes \(allowed.joined(separator: " or "))"
    case .image(let error):
      error.category == .configuration ? "the server can't prepare images" : error.description
    case .notFinite:
      "of these pixels the model computes no finite numbers; send pixels near those of photos, normalised as /info "
        + "says"
    case .overloaded(let reason, let seconds):
      "\(reason); try again in \(seconds) s"
    case .abandoned: "the client left before its turn"
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
