import MicroHTTP

/// A path, what it takes, and who may ask.
package struct Route: Sendable {
  package enum Access {
    /// Asked by whoever keeps the process running; without a key, on both ports.
    case probe
    /// With a key, on both ports.
    case metrics
    /// With a key, on the main port.
    case inference
    /// With a key, on both ports, whatever is switched off.
    case description
    /// Without a key, on the main port.
    case page
    /// With a key, on the admin port.
    case order
  }

  /// Answers a call, now or later.
  typealias Answer = @Sendable (ClassificationService, Call, HTTPBody) throws(ServiceError) -> Void

  package enum ErrorFormat {
    /// `ErrorResponse`.
    case service
    /// KServe's: `{"error": "…"}`.
    case openInference
  }

  /// Segments in braces match any text.
  package let pattern: String
  package let methods: [String]
  package let access: Access
  package let errorFormat: ErrorFormat
  let answer: Answer
  private let segments: [Substring]

  private init(
    _ pattern: String, _ methods: [String], _ access: Access, _ errorFormat: ErrorFormat = .service,
    _ answer: @escaping Answer
  ) {
    (self.pattern, self.methods, self.access, self.errorFormat) = (pattern, methods, access, errorFormat)
    self.answer = answer
    segments = pattern.split(separator: "/", omittingEmptySubsequences: false)
  }

  private static func get(
    _ pattern: String, _ access: Access = .description, _ errorFormat: ErrorFormat = .service,
    _ answer: @escaping Answer
  ) -> Route {
    Route(pattern, ["GET", "HEAD"], access, errorFormat, answer)
  }

  private static func post(
    _ pattern: String, _ access: Access = .inference, _ errorFormat: ErrorFormat = .service,
    _ answer: @escaping Answer
  ) -> Route {
    Route(pattern, ["POST"], access, errorFormat, answer)
  }

  /// Every route of the service.
  package static let all: [Route] =
    [
      post("/classify") { service, call, body throws(ServiceError) in try service.classify(call, body) },
      post("/embed") { service, call, body throws(ServiceError) in try service.embed(call, body) },
      post("/explain") { service, call, body throws(ServiceError) in try service.explain(call, body) },
      // Before the layers: the first that fits is taken.
      post("/v1/experts/reset", .order) { service, call, _ throws(ServiceError) in
        try service.resetExperts(call)
      },
      get("/v1/experts") { service, call, _ throws(ServiceError) in try service.experts(call) },
      get("/v1/experts/{layer}") { service, call, _ throws(ServiceError) in try service.expertLayer(call) },
      get("/metrics", .metrics) { service, call, _ in service.metricsPage(call) },
      get("/livez", .probe) { service, call, _ throws(ServiceError) in try service.liveness(call) },
      get("/readyz", .probe) { service, call, _ throws(ServiceError) in try service.readiness(call) },
      get("/health", .probe) { service, call, _ throws(ServiceError) in try service.readiness(call) },
      get("/info") { service, call, _ throws(ServiceError) in service.reply(call, .json(try service.info()))
      },
      get("/openapi.json") { service, call, _ throws(ServiceError) in try service.openAPI(call) },
      get("/", .page) { service, call, _ in service.page(call) },
      post("/v1/reload", .order) { service, call, _ throws(ServiceError) in try service.reload(call) },
      get("/v2", .description, .openInference) { service, call, _ in service.serverMetadata(call) },
      get("/v2/health/live", .probe, .openInference) { service, call, _ throws(ServiceError) in
        try service.serverLive(call)
      },
      get("/v2/health/ready", .probe, .openInference) { service, call, _ throws(ServiceError) in
        try service.serverReady(call)
      },
    ]
    + ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"].flatMap { model in
      [
        get(model, .description, .openInference) { service, call, _ throws(ServiceError) in
          try service.modelMetadata(call)
        },
        get(model + "/ready", .description, .openInference) { service, call, _ throws(ServiceError) in
          try service.modelReady(call)
        },
        get(model + "/stats", .description, .openInference) { service, call, _ throws(ServiceError) in
          try service.modelStatistics(call)
        },
        post(model + "/infer", .inference, .openInference) { service, call, body throws(ServiceError) in
          try service.inferTensors(call, body)
        },
      ]
    }

  /// Whether pages of an origin that the operator named may ask for it.
  var isShared: Bool { access != .order }

  /// The route of a path, and what stands in its braces.
  static func match(_ path: String, in routes: [Route]) -> (Route, [String: String])? {
    let given = path.split(separator: "/", omittingEmptySubsequences: false)
    for route in routes where route.segments.count == given.count {
      var parameters: [String: String] = [:]
      let fits = zip(route.segments, given).allSatisfy { expected, found in
        guard expected.hasPrefix("{") else { return expected == found }
        parameters[String(expected.dropFirst().dropLast())] = String(found)
        return !found.isEmpty
      }
      if fits { return (route, parameters) }
    }
    return nil
  }
}
