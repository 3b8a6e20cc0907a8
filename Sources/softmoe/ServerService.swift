import Dispatch
import InferenceService
import Logging
import MicroHTTP
import ServiceLifecycle

/// Serves from start to graceful shutdown.
struct ServerService: Service {
  let command: ServeCommand
  let service: ClassificationService
  let logger: Logger

  func run() async throws {
    let main = try HTTPServer(configuration: mainPort) { [service] request, responder in
      service.handle(request, responder)
    }
    let admin = try adminPort.map { configuration in
      try HTTPServer(configuration: configuration) { [service] request, responder in
        service.handle(request, responder, port: .admin)
      }
    }
    let signals = Signals(reload: reload) { logger.warning("a second signal: ending at once") }
    defer { signals.cancel() }
    let adminText = admin.map { ", probes and metrics on port \($0.port)" } ?? ""
    logger.info("listening on http://\(command.host):\(main.port)\(adminText); loading the model")
    try await load()
    try await gracefulShutdown()
    service.drain()
    if command.drainDelay > 0 {
      logger.info("shutting down: /readyz fails, requests are taken for \(command.drainDelay) s more")
      try? await Task.sleep(for: .seconds(command.drainDelay))
    }
    logger.info("shutting down: finishing \(main.inFlight) requests")
    main.stop()
    service.waitUntilIdle()
    admin?.stop()
  }

  /// A model that fails its proof leaves the server up and not ready, so that probes and the log can say so,
  /// and a replaced checkpoint can be loaded; one that can't be opened ends it.
  private func load() async throws {
    do {
      let summary = try await Task.detached { [service] in try service.load() }.value
      logger.info("serving \(summary)")
    } catch ServedModelError.selfProof(let error) {
      logger.critical("not ready: \(error)")
    }
  }

  private func reload() {
    do {
      if let path = command.apiKeys {
        service.use(try APIKeys(try readText(path, option: "api-keys")))
        logger.notice("the API keys were read again")
      }
    } catch {
      logger.error("the API keys stay as they were: \(error)")
    }
    do {
      let summary = try service.load()
      logger.notice("reloaded: \(summary)")
    } catch {
      logger.error("reload failed, the model before serves on: \(error)")
    }
  }

  private var mainPort: HTTPServer.Configuration {
    HTTPServer.Configuration(
      host: command.host, port: UInt16(command.port), threadCount: command.httpThreads,
      connectionLimit: command.maxConnections, bodyLimit: command.maxBodyBytes,
      idleTimeout: .seconds(command.idleTimeout), receiveTimeout: .seconds(command.receiveTimeout),
      refusalResponse: ClassificationService.refusal)
  }

  /// Few connections, small bodies, and a thread that serves nothing else.
  private var adminPort: HTTPServer.Configuration? {
    guard command.adminPort >= 0 else { return nil }
    return HTTPServer.Configuration(
      host: command.host, port: UInt16(command.adminPort), threadCount: 1, connectionLimit: 64,
      bodyLimit: 4096, idleTimeout: .seconds(command.idleTimeout), receiveTimeout: .seconds(10),
      refusalResponse: ClassificationService.refusal)
  }
}
