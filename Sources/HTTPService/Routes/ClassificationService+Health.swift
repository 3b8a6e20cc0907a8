import Dispatch
import Inference
import Inference
import Metrics
import MicroHTTP

/// The routes for whoever operates the service.
extension ClassificationService {
  /// `GET /livez`: fails when the machine stands still with work to do.
  func liveness(_ call: Call) throws(ServiceError) {
    try checkProgress()
    reply(call, .text("ok\n"))
  }

  /// - Throws: `ServiceError.notReady` when the machine stands still with work to do.
  func checkProgress() throws(ServiceError) {
    let standstill = host.machine.standstill
    guard standstill <= options.watchdog else {
      throw .notReady(
        "the machine has made no progress for \(standstill.components.seconds) s; restart the process")
    }
  }

  /// `GET /readyz`: whether requests are to be sent here.
  func readiness(_ call: Call) throws(ServiceError) {
    if let notReady { throw .notReady(notReady) }
    reply(call, .text("ready\n"))
  }

  /// `GET /metrics`: Prometheus' text. All series of the experts speak of the same images.
  func metricsPage(_ call: Call) {
    dispatchPrecondition(condition: .onQueue(operations))
    let now = current.map { ExpertMetrics(of: $0) }
    scraped.withLock { $0 = now }
    reply(call, .text(registry.text(), contentType: MetricsRegistry.contentType))
  }

  /// `GET /openapi.json`: every route, with the model's own numbers.
  func openAPI(_ call: Call) throws(ServiceError) {
    let model = try ready().model.network.configuration
    let document = OpenAPIDocument(
      version: options.version, classCount: model.classCount, height: model.imageHeight,
      width: model.imageWidth, imageLimit: options.maxImagesPerRequest,
      expertCount: model.moe?.expertCount ?? 0, layers: model.moeLayers)
    reply(call, .bytes(document.bytes, contentType: "application/json"))
  }

  /// Declares the metrics of the connections by which clients come in, and of the log.
  ///
  /// - Parameter lostLogLines: how many were lost so far.
  package func observe(_ server: HTTPServer, lostLogLines: @escaping @Sendable () -> Int) {
    registry.observed(
      "softmoe_log_lines_lost_total", "Lines of the log that nobody read in time.", .counter
    ) { [Sample(Double(lostLogLines()))] }
    registry.gauge("softmoe_connections_open", "Connections of clients, the main port's.") { [weak server] in
      Double(server?.connectionCount ?? 0)
    }
    registry.observed(
      "softmoe_connections_refused_total", "Connections of the main port turned away or cut off.", .counter
    ) { [weak server] in
      HTTPServer.RefusalReason.allCases.map { reason in
        Sample([("reason", reason.rawValue)], Double(server?.refusedConnectionCount(reason) ?? 0))
      }
    }
  }

  /// `POST /v1/reload`: loads the checkpoint anew and answers when the new model serves, or why not.
  func reload(_ call: Call) throws(ServiceError) {
    let number = try beginReload(call)
    // Not where other answers are made: loading takes as long as the file is large.
    DispatchQueue.global().async {
      let previous = self.current?.model.weightsName
      let outcome = Result { () throws(OpenedModelError) in try self.load(.reload) }
      switch outcome {
      case .success(let summary): self.logger.notice("reloaded: \(summary)")
      case .failure(let error): self.logger.error("reload failed, the model before serves on: \(error)")
      }
      guard self.endReload(number) else { return }
      switch outcome {
      case .success:
        let weights = self.current?.model.weightsName
        self.reply(call, .json(ReloadResponse(weights: weights, previousWeights: previous)))
      case .failure(let error): self.fail(call, error == .busy ? .conflict("\(error)") : .reload)
      }
    }
  }
}
