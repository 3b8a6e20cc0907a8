import Dispatch
import Inference
import Metrics
import MicroHTTP

/// The routes for whoever operates the service.
extension ClassificationService {
  /// `GET /livez`: fails when the engine stands still with work to do.
  func liveness(_ call: Call) throws(ServiceError) {
    try checkProgress()
    reply(call, .text("ok\n"))
  }

  /// - Throws: `ServiceError.notReady` when the engine stands still with work to do.
  func checkProgress() throws(ServiceError) {
    let standstill = current?.gate.standstill ?? .zero
    guard standstill <= options.watchdog else {
      throw .notReady("the engine has made no progress for \(Int(standstill.seconds)) s; restart the process")
    }
  }

  /// `GET /readyz`: whether requests are to be sent here.
  func readiness(_ call: Call) throws(ServiceError) {
    if let notReady { throw .notReady(notReady) }
    reply(call, .text("ready\n"))
  }

  /// `GET /metrics`: Prometheus' text.
  func metricsPage() -> HTTPResponse {
    .text(registry.text(), contentType: MetricsRegistry.contentType)
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

  /// Declares the metrics of the connections by which clients come in.
  package func observe(_ server: HTTPServer) {
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
  func reload(_ call: Call) {
    // A thread of its own: loading takes as long as the file is large.
    DispatchQueue.global().async {
      let previous = self.current?.model.weightsName
      do throws(ServedModelError) {
        let summary = try self.load()
        self.logger.notice("reloaded: \(summary)")
        let weights = self.current?.model.weightsName
        self.reply(call, .json(ReloadResponse(weights: weights, previousWeights: previous)))
      } catch {
        self.logger.error("reload failed, the model before serves on: \(error)")
        self.fail(call, error == .busy ? .conflict("\(error)") : .reload)
      }
    }
  }
}
