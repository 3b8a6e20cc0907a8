import Logging
import Metrics
import MicroHTTP

/// One request with the id that its answer, its log line and its error share.
struct Call: Sendable {
  let request: HTTPRequest
  let responder: HTTPResponder
  let id: String
  /// The route's pattern, for metrics: never text that a client chose.
  let route: String
  /// What stands in the pattern's braces.
  var parameters: [String: String] = [:]
  /// What an error of this route looks like.
  var errorFormat = Route.ErrorFormat.service
}

/// Which port a request came in by.
package enum ServicePort: Sendable {
  /// The one for clients.
  case main
  /// The one for probes, metrics and orders.
  case admin
}

extension ClassificationService {
  /// Answers one request, now or later. It never blocks.
  package func handle(_ request: HTTPRequest, _ responder: HTTPResponder, port: ServicePort = .main) {
    let id = Self.requestID(request)
    func call(_ route: String) -> Call { Call(request: request, responder: responder, id: id, route: route) }
    let routes = Route.all.filter { isOpen($0, on: port) }
    guard let (route, parameters) = Route.match(request.path, in: routes) else {
      return fail(call("none"), .notFound(path: request.path))
    }
    var found = call(route.pattern)
    (found.parameters, found.errorFormat) = (parameters, route.errorFormat)
    if request.method == "OPTIONS", options.corsOrigin != nil { return preflight(found, route) }
    guard allows(request, route) else { return fail(found, .unauthorized) }
    guard route.methods.contains(request.method) else {
      return fail(found, .methodNotAllowed(allowed: route.methods))
    }
    do throws(ServiceError) { try route.answer(self, found) } catch { fail(found, error) }
  }

  private func isOpen(_ route: Route, on port: ServicePort) -> Bool {
    switch (route.access, port) {
    case (.order, .main), (.inference, .admin), (.page, .admin): false
    case (.page, .main): options.hasPage
    case (.probe, .main), (.metrics, .main): options.hasProbesOnMainPort
    default: true
    }
  }

  /// The response to what the HTTP server itself turned down.
  package static func refusal(_ refusal: HTTPRefusal) -> HTTPResponse {
    errorResponse(.refused(refusal), id: newRequestID())
  }

  func reply(_ call: Call, _ response: HTTPResponse) {
    var response = response
    response.headers["x-request-id"] = call.id
    if let trace = call.request.headers["traceparent"], isHarmless(trace) {
      response.headers["traceparent"] = trace
    }
    allowOrigin(call, in: &response)
    let duration = call.request.arrival.duration(to: .now)
    metrics.requests(call.route, String(response.status)).increment()
    if Route.inferring.contains(call.route) {
      metrics.requestDuration.observe(duration)
      if response.status < 400 { statistics.succeeded(duration) } else { statistics.failed(duration) }
    }
    logger.debug(
      "answered",
      metadata: [
        "request_id": "\(call.id)", "route": "\(call.route)", "status": "\(response.status)",
        "seconds": "\(duration.seconds)",
      ])
    call.responder.respond(response)
  }

  func fail(_ call: Call, _ error: ServiceError) {
    if error.status >= 500, error.status != 503, error.status != 504 {
      logger.error("request failed", metadata: ["request_id": "\(call.id)", "status": "\(error.status)"])
    }
    reply(call, Self.errorResponse(error, id: call.id, format: call.errorFormat))
  }

  private static func errorResponse(
    _ error: ServiceError, id: String, format: Route.ErrorFormat = .service
  ) -> HTTPResponse {
    var response =
      switch format {
      case .service:
        HTTPResponse.json(
          ErrorResponse(error: error.message, errorType: error.type, requestID: id), status: error.status)
      case .openInference: HTTPResponse.json(InferErrorResponse(error: error.message), status: error.status)
      }
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
