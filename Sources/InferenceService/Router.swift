import FoundationEssentials
import Logging
import MicroHTTP

/// One request with the id that its answer, its log line and its error share.
struct Call: Sendable {
  let request: HTTPRequest
  let responder: HTTPResponder
  let id: String
  /// The route's pattern, for metrics: never text that a client chose.
  let route: String
}

extension ClassificationService {
  private typealias Route = (
    path: String, methods: [String], answer: @Sendable (ClassificationService, Call) -> Void
  )

  private static let routes: [Route] = [
    ("/classify", ["POST"], { $0.classify($1) }),
    ("/metrics", ["GET", "HEAD"], { $0.reply($1, .text($0.registry.text(), type: .metrics)) }),
    ("/livez", ["GET", "HEAD"], { $0.reply($1, .text("ok\n", type: .plain)) }),
    ("/readyz", ["GET", "HEAD"], { $0.readiness($1) }),
    ("/health", ["GET", "HEAD"], { $0.readiness($1) }),
    ("/info", ["GET", "HEAD"], { $0.reply($1, .json($0.info)) }),
  ]

  /// Answers one request, now or later. It never blocks.
  public func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
    let id = Self.requestID(request)
    guard let route = Self.routes.first(where: { $0.path == request.path }) else {
      return fail(
        Call(request: request, responder: responder, id: id, route: "none"), .notFound(path: request.path))
    }
    let call = Call(request: request, responder: responder, id: id, route: route.path)
    guard route.methods.contains(request.method) else {
      return fail(call, .methodNotAllowed(allowed: route.methods))
    }
    route.answer(self, call)
  }

  /// The response to what the HTTP server itself turned down.
  public static func refusal(_ refusal: HTTPRefusal) -> HTTPResponse {
    errorResponse(.refused(refusal), id: newRequestID())
  }

  func reply(_ call: Call, _ response: HTTPResponse) {
    var response = response
    response.headers["x-request-id"] = call.id
    if let trace = call.request.headers["traceparent"], isHarmless(trace) {
      response.headers["traceparent"] = trace
    }
    metrics.requests(call.route, String(response.status)).increment()
    if call.route == "/classify" {
      metrics.requestDuration.observe(call.request.arrival.duration(to: .now))
    }
    call.responder.respond(response)
  }

  func fail(_ call: Call, _ error: ServiceError) {
    logger.debug("request failed", metadata: ["request_id": "\(call.id)", "status": "\(error.status)"])
    reply(call, Self.errorResponse(error, id: call.id))
  }

  private func readiness(_ call: Call) {
    if isDraining { return fail(call, .notReady("the server is shutting down")) }
    reply(call, .text("ready\n", type: .plain))
  }

  private static func errorResponse(_ error: ServiceError, id: String) -> HTTPResponse {
    var response = HTTPResponse.json(
      ErrorResponse(error: error.message, errorType: error.type, requestID: id), status: error.status)
    for field in error.headers.all { response.headers[field.name] = field.value }
    response.headers["x-request-id"] = id
    return response
  }

  /// The client's id where it is short and harmless, else a new one.
  private static func requestID(_ request: HTTPRequest) -> String {
    if let id = request.headers["x-request-id"], isHarmless(id) { return id }
    return newRequestID()
  }

  private static func newRequestID() -> String {
    let digits = String(UInt64.random(in: .min ... .max), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// 1 to 128 letters, digits, and the punctuation of ids: nothing that could break a header or a log.
private func isHarmless(_ text: String) -> Bool {
  (1...128).contains(text.utf8.count)
    && text.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || [0x2D, 0x2E, 0x5F, 0x3A].contains(byte)
    }
}

extension HTTPResponse {
  enum TextType: String {
    case plain = "text/plain; charset=utf-8"
    case metrics = "text/plain; version=0.0.4; charset=utf-8"
  }

  static func text(_ text: String, type: TextType) -> HTTPResponse {
    .text(text, contentType: type.rawValue)
  }

  /// JSON with its keys in order.
  static func json(_ value: some Encodable, status: Int = 200) -> HTTPResponse {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Wire types hold strings and finite numbers, which always encode; a logit that is not finite does not.
    guard let body = try? encoder.encode(value) else {
      return .text(
        #"{"error":"the answer holds a number that JSON can't","error_type":"internal"}"#, status: 500,
        contentType: "application/json")
    }
    return .bytes(Array(body), status: status, contentType: "application/json")
  }
}
