import Dispatch
import Glibc
import HTTPService
import Inference
import Logging
import MicroHTTP
import ServiceLifecycle

/// Serves from start to graceful shutdown.
struct ServerService: Service {
  let command: ServeCommand
  let service: ClassificationService
  let logger: Logger

  func run() async throws {
    warnOfSecrets()
    let tls = try readTLS()
    let main = try service.listen(mainPort(tls))
    service.observe(main) { LogWriter.standardError.lostCount }
    if main.connectionLimit < command.maxConnections {
      logger.warning(
        """
        the system's limit on open files leaves room for \(main.connectionLimit) connections, \
        not \(command.maxConnections)
        """)
    }
    let admin = try adminPort.map { try service.listen($0, port: .admin) }
    let signals = Signals(reload: { reload(main) }) {
      logger.warning("a second signal: ending at once")
      LogWriter.standardError.flush(within: .milliseconds(200))
    }
    let adminText = admin.map { ", probes and metrics on port \($0.port)" } ?? ""
    logger.info(
      "listening on \(tls == nil ? "http" : "https")://\(command.host):\(main.port)\(adminText); loading the model"
    )
    try await load()
    let connectionBytes = main.connectionByteCount + (admin?.connectionByteCount ?? 0)
    if let memory = service.memory(connectionBytes: connectionBytes) { logger.info("\(memory)") }
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
    signals.stop()
    guard signals.isReloading || service.isLoading else { return }
    // Everything accepted is answered. A load is not waited for, and its threads must not meet what exit takes
    // away under their hands.
    logger.info("stopped while a model was being loaded")
    LogWriter.standardError.flush()
    _exit(EXIT_SUCCESS)
  }

  /// Loads the model, or returns when the shutdown begins before it is there.
  ///
  /// A model that fails its proof leaves the server up and not ready, so that probes and the log can say so,
  /// and a replaced checkpoint can be loaded; one that can't be opened ends it.
  private func load() async throws {
    let (outcomes, teller) = AsyncStream.makeStream(of: Result<String, OpenedModelError>.self)
    // A thread of its own: loading takes as long as the file is large.
    DispatchQueue.global().async { [service] in
      do throws(OpenedModelError) {
        teller.yield(.success(try service.load()))
      } catch {
        teller.yield(.failure(error))
      }
    }
    let outcome = await withGracefulShutdownHandler {
      await outcomes.first { _ in true }
    } onGracefulShutdown: {
      teller.finish()
    }
    switch outcome {
    case .success(let summary): logger.info("serving \(summary)")
    case .failure(.selfProof(let error)): logger.critical("not ready: \(error)")
    case .failure(let error): throw error
    case nil: break
    }
  }

  /// Everything that comes from files is read again; what can't be used leaves things as they were.
  private func reload(_ main: HTTPServer) {
    warnOfSecrets()
    if let path = command.apiKeys {
      attempt("file of API keys") { service.use(try APIKeys(try readText(path, option: "api-keys"))) }
    }
    attempt("certificate") {
      if let tls = try readTLS() { try main.replaceCertificate(tls) }
    }
    attempt("model") {
      let summary = try service.load(.reload)
      logger.notice("reloaded: \(summary)")
    }
  }

  private func attempt(_ what: String, _ body: () throws -> Void) {
    do { try body() } catch { logger.error("reload: the \(what) stays as it was: \(error)") }
  }

  private func warnOfSecrets() {
    let files = [command.apiKeys.map(SecretFile.keys), command.tlsKey.map(SecretFile.tlsKey)]
    for warning in files.compactMap(\.self).flatMap(\.warnings) { logger.warning("\(warning)") }
  }

  private func readTLS() throws -> HTTPServer.TLS? {
    guard let certificate = command.tlsCertificate, let key = command.tlsKey else { return nil }
    return HTTPServer.TLS(
      certificateChain: Array(try readText(certificate, option: "tls-certificate").utf8),
      privateKey: Array(try readText(key, option: "tls-key").utf8))
  }

  private func mainPort(_ tls: HTTPServer.TLS?) -> HTTPServer.Configuration {
    HTTPServer.Configuration(
      host: command.host, port: UInt16(command.port), threadCount: command.httpThreads,
      connectionLimit: command.maxConnections, connectionsPerAddress: command.maxConnectionsPerAddress,
      bodyLimit: command.maxBodyBytes, byteBudget: ByteBudget(capacity: command.maxPendingBytes),
      idleTimeout: .seconds(command.idleTimeout),
      receiveTimeout: .seconds(command.receiveTimeout), minimumReceiveRate: command.minReceiveRate,
      sendTimeout: .seconds(command.sendTimeout), tls: tls)
  }

  /// Few connections, small bodies, no TLS, and a thread that serves nothing else.
  private var adminPort: HTTPServer.Configuration? {
    guard let port = command.adminPort.number else { return nil }
    return HTTPServer.Configuration(
      host: command.adminHost ?? command.host, port: port, threadCount: 1,
      connectionLimit: 1024, bodyLimit: 4096, idleTimeout: .seconds(command.idleTimeout),
      receiveTimeout: .seconds(10))
  }
}
