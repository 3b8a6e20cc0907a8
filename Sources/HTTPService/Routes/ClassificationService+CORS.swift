import MicroHTTP

/// What pages of another origin may do: nothing, unless the operator named the origin. Orders never.
extension ClassificationService {
  /// Whether a browser asks before it sends.
  func isPreflight(_ head: HTTPRequestHead, _ route: Route) -> Bool {
    head.method == "OPTIONS" && options.corsOrigin != nil && route.isShared
  }

  /// Answers a browser that asks before it sends.
  func preflight(_ call: Call) {
    var response = HTTPResponse(status: 204)
    response.headers["Access-Control-Allow-Methods"] = call.route.methods.joined(separator: ", ")
    response.headers["Access-Control-Allow-Headers"] =
      "authorization, content-type, x-api-key, x-request-id, x-request-timeout-ms"
    response.headers["Access-Control-Max-Age"] = "600"
    reply(call, response)
  }

  func allowOrigin(_ head: HTTPRequestHead, in response: inout HTTPResponse) {
    guard let allowed = options.corsOrigin else { return }
    response.headers["Vary"] = "Origin"
    guard let origin = head.headers["origin"], allowed == "*" || origin == allowed else { return }
    response.headers["Access-Control-Allow-Origin"] = allowed
    response.headers["Access-Control-Expose-Headers"] =
      "server-timing, x-batch-size, x-model-weights, x-request-id, retry-after"
  }
}
