import Inference
import Logging
import Metrics
import MicroHTTP

/// One request with the id that its answer, its log line and its error share. Its body is apart, so that it is
/// given up as soon as its images are decoded.
struct Call: Sendable {
  let head: HTTPRequestHead
  let responder: HTTPResponder
  let id: String
  let route: Route
  /// What stands in the pattern's braces.
  let parameters: [String: String]
  /// The model that it was accepted for, once that is known.
  var served: Served?
}

/// Which port a request came in by.
package enum ServicePort: Sendable {
  /// The one for clients.
  case main
  /// The one for probes, metrics and orders.
  case admin
}

extension ClassificationService {
  /// Starts to listen: heads are judged before their bodies are read, and every answer is counted.
  ///
  /// - Throws: `HTTPServerError`.
  package func listen(_ configuration: HTTPServer.Configuration, port: ServicePort = .main)
    throws(HTTPServerError) -> HTTPServer
  {
    var configuration = configuration
    configuration.refusalResponse = { [self] in refusalResponse($0) }
    configuration.libraryAnswered = { [metrics] in metrics.requests("none", String($0)).increment() }
    return try HTTPServer(
      configuration: configuration, judge: { [self] in judge($0, port: port) },
      handler: { [self] in handle($0, $1, port: port) })
  }

  /// What a head alone says: no such route or method, no key, an order from the wrong place, not ready.
  private func judge(_ head: HTTPRequestHead, port: ServicePort) -> HTTPVerdict {
    let id = Self.requestID(head)
    func refuse(_ route: Route?, _ error: ServiceError) -> HTTPVerdict {
      let response = errorResponse(error, id: id, format: route?.errorFormat ?? .service)
      return .refuse(
        finish(response, head, route?.pattern ?? "none", id: id, isShared: route?.isShared ?? true))
    }
    guard let (route, _) = Route.match(head.path, in: routes(port)) else {
      return refuse(nil, .notFound(path: head.path))
    }
    // A browser asks without a key before it sends one.
    if isPreflight(head, route) { return .accept }
    if let error = refusal(of: head, route) { return refuse(route, error) }
    guard route.methods.contains(head.method) else {
      return refuse(route, .methodNotAllowed(allowed: route.methods))
    }
    if route.access == .inference {
      do throws(ServiceError) { _ = try ready() } catch { return refuse(route, error) }
    }
    return .accept
  }

  /// Answers a request whose head was accepted, now or later. It never blocks.
  private func handle(_ request: HTTPRequest, _ responder: HTTPResponder, port: ServicePort) {
    guard let (route, parameters) = Route.match(request.head.path, in: routes(port)) else {
      preconditionFailure("a head without a route is refused")
    }
    let call = Call(
      head: request.head, responder: responder, id: Self.requestID(request.head), route: route,
      parameters: parameters)
    if isPreflight(request.head, route) { return preflight(call) }
    let body = request.body
    @Sendable func answer() {
      do throws(ServiceError) { try route.answer(self, call, body) } catch { fail(call, error) }
    }
    switch route.access {
    // A probe waits for nothing, and a body is read in turn with other work.
    case .probe, .inference: answer()
    case .metrics, .description, .page, .order: operations.async(execute: answer)
    }
  }

  private func routes(_ port: ServicePort) -> [Route] {
    Route.all.filter { route in
      switch (route.access, port) {
      case (.order, .main), (.inference, .admin), (.page, .admin): false
      case (.page, .main): options.hasPage
      case (.probe, .main), (.metrics, .main): options.hasProbesOnMainPort
      default: true
      }
    }
  }

  /// The response to what the HTTP server itself turned down; it asks once for each that it gives.
  private func refusalResponse(_ refusal: HTTPRefusal) -> HTTPResponse {
    let id = Self.newRequestID()
    metrics.requests("none", String(refusal.status)).increment()
    return errorResponse(.refused(refusal), id: id, format: .service)
  }

  func reply(_ call: Call, _ response: HTTPResponse) {
    let response = finish(response, call.head, call.route.pattern, id: call.id, isShared: call.route.isShared)
    if call.route.access == .inference {
      let duration = call.head.arrival.duration(to: .now)
      metrics.requestDuration.observe(duration)
      if let statistics = (call.served ?? current)?.statistics {
        if response.status < 400 { statistics.succeeded(duration) } else { statistics.failed(duration) }
      }
    }
    call.responder.respond(response)
  }

  func fail(_ call: Call, _ error: ServiceError) {
    if error.status >= 500, error.status != 503, error.status != 504 {
      logger.error("request failed", metadata: ["request_id": "\(call.id)", "status": "\(error.status)"])
    }
    reply(call, errorResponse(error, id: call.id, format: call.route.errorFormat))
  }

  /// What every answer has, and its place in metrics and log.
  private func finish(
    _ response: HTTPResponse, _ head: HTTPRequestHead, _ route: String, id: String, isShared: Bool
  ) -> HTTPResponse {
    var response = response
    response.headers["x-request-id"] = id
    if let trace = head.headers["traceparent"], isHarmless(trace) { response.headers["traceparent"] = trace }
    if isShared { allowOrigin(head, in: &response) }
    metrics.requests(route, String(response.status)).increment()
    logger.debug(
      "answered",
      metadata: [
        "request_id": "\(id)", "route": "\(route)", "status": "\(response.status)",
        "seconds": "\(head.arrival.duration(to: .now).seconds)",
      ])
    return response
  }

  private func errorResponse(_ error: ServiceError, id: String, format: Route.ErrorFormat) -> HTTPResponse {
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
  private static func requestID(_ head: HTTPRequestHead) -> String {
    if let id = head.headers["x-request-id"], isHarmless(id) { return id }
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
