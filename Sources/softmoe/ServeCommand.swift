import ArgumentParser
import Checkpoint
import ImageInput
import InferenceService
import Logging
import MicroHTTP
import ServiceLifecycle
import SoftMoEViT

/// `softmoe serve`: the HTTP server.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serve a checkpoint over HTTP.",
    discussion: """
      Every option is also an environment variable: --max-batch is SOFTMOE_MAX_BATCH. SIGTERM and SIGINT \
      finish what was accepted and end with status 0.
      """)

  @Option(help: "The .smoe checkpoint to serve.") var model: String
  @Option(
    help: "none, header (checksum of the header) or full (of every tensor, which reads the whole file).")
  var verify: Verification = .header
  @Option(help: "The address to listen on; 0.0.0.0 or :: for every interface.") var host = "127.0.0.1"
  @Option(help: "The port to listen on; 0 takes a free one.") var port = 8080
  @Option(help: "Most images in a batch.") var maxBatch = 32
  @Option(help: "Requests accepted and not yet answered; more get 429.") var maxPending = 256
  @Option(help: "Threads of the engine. Default: the processors that this process may use.")
  var threads: Int?
  @Option(help: "simd (this project's), openblas, or auto: the faster one for this model.")
  var kernels: KernelChoice = .auto
  @Option(help: "Threads that decode images. Default: the same.") var decodeThreads: Int?
  @Option(help: "exact (Pillow's pixels, bit for bit) or fast (JPEGs shrunk by the decoder).")
  var decode: DecodeMode = .exact
  @Option(help: "Threads that read and write HTTP.") var httpThreads = 2
  @Option(help: "Open connections; further ones get 503.") var maxConnections = 1024
  @Option(help: "Bytes in a request's body; more get 413.") var maxBodyBytes = 32 << 20
  @Option(help: "Pixels in an image; more get 413 before they are decoded.") var maxPixels = 50_000_000
  @Option(help: "Seconds without traffic after which a connection is closed.") var idleTimeout = 60
  @Option(help: "Seconds in which a request must have come in whole; a slower one gets 408.")
  var receiveTimeout = 60
  @Option(help: "trace, debug, info, notice, warning, error or critical.") var logLevel: Logger.Level = .info

  func validate() throws {
    try require("port", port, 0...65_535)
    try require("max-batch", maxBatch, 1...4_096)
    try require("max-pending", maxPending, 1...100_000)
    try require("threads", threads ?? 1, 1...1_024)
    try require("decode-threads", decodeThreads ?? 1, 1...1_024)
    try require("http-threads", httpThreads, 1...64)
    try require("max-connections", maxConnections, 1...100_000)
    try require("max-body-bytes", maxBodyBytes, 1...1 << 40)
    try require("max-pixels", maxPixels, 1...1 << 40)
    try require("idle-timeout", idleTimeout, 1...86_400)
    try require("receive-timeout", receiveTimeout, 1...86_400)
  }

  func run() async throws {
    var logger = Logger(label: "softmoe")
    logger.logLevel = logLevel
    let processors = availableProcessorCount()
    let served = try ServedModel(path: model, verification: verify)
    var options = ClassificationService.Options()
    options.maxBatch = maxBatch
    options.maxPending = maxPending
    options.threadCount = threads ?? processors
    options.kernels = try served.network.kernels(kernels, threadCount: options.threadCount)
    options.decodeThreadCount = decodeThreads ?? processors
    options.decodeMode = decode
    options.imageLimits.maxPixels = maxPixels
    options.bodyLimit = maxBodyBytes
    options.version = softmoeVersion
    let service = try ClassificationService(served, options: options, logger: logger)
    let http = HTTPServer.Configuration(
      host: host, port: UInt16(port), threadCount: httpThreads, connectionLimit: maxConnections,
      bodyLimit: maxBodyBytes, idleTimeout: .seconds(idleTimeout), receiveTimeout: .seconds(receiveTimeout),
      refusalResponse: ClassificationService.refusal)
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [ServerService(service: service, http: http, logger: logger)],
        gracefulShutdownSignals: [.sigterm, .sigint],
        logger: Logger(label: "softmoe.lifecycle") { _ in
          SwiftLogNoOpLogHandler()
        }))
    try await group.run()
    logger.info("stopped")
  }

  private func require(_ option: String, _ value: Int, _ range: ClosedRange<Int>) throws {
    guard range.contains(value) else {
      throw ValidationError(
        "--\(option): expected \(range.lowerBound) to \(range.upperBound), found \(value)")
    }
  }
}

/// Serves from start to graceful shutdown.
private struct ServerService: Service {
  let service: ClassificationService
  let http: HTTPServer.Configuration
  let logger: Logger

  func run() async throws {
    let server = try HTTPServer(configuration: http) { [service] request, responder in
      service.handle(request, responder)
    }
    logger.info("serving \(service.summary) on http://\(http.host):\(server.port)")
    try await gracefulShutdown()
    logger.info("shutting down: finishing \(server.inFlight) requests")
    service.drain()
    server.stop()
    service.waitUntilIdle()
  }
}

extension Verification: ExpressibleByArgument {}
extension KernelChoice: ExpressibleByArgument {}
extension DecodeMode: ExpressibleByArgument {}
extension Logger.Level: @retroactive ExpressibleByArgument {}
