import ArgumentParser
import Checkpoint
import Glibc
import HTTPService
import ImageInput
import Inference
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
      Every option is also an environment variable (--max-batch is SOFTMOE_MAX_BATCH) and a key of the file that \
      --config names (max-batch: 32). The command line wins over the environment, and that over the file.

      SIGTERM and SIGINT finish what was accepted and end with status 0; a second one ends at once. SIGHUP loads \
      a replaced checkpoint and the files of keys and certificates anew.
      """)

  @Option(help: "A YAML file with options.") var config: String?
  @Option(help: "The .smoe checkpoint to serve.") var model: String
  @Option(
    help: """
      none, header (checksum of the header) or full (of every tensor, which reads the whole file). Default: header \
      at the start, full at a reload.
      """)
  var verify: Verification?
  @Option(help: "The address to listen on; 0.0.0.0 or :: for every interface.") var host = "127.0.0.1"
  @Option(help: "The port to listen on; 0 takes a free one.") var port = 8080
  @Option(
    help: "The port for probes, metrics and reload, on a thread of its own; 0 takes a free one; or none.")
  var adminPort = AdminPort.standard
  @Option(help: "The address of that port, which speaks plain HTTP. Default: the same as --host.")
  var adminHost: String?
  @Option(help: "Whether the main port answers probes and metrics too: true or false.")
  var probesOnMainPort = true
  @Option(help: "Most images in a batch.") var maxBatch = 32
  @Option(help: "Images accepted that wait for a batch; requests beyond them get 429.") var maxQueue = 256
  @Option(help: "Images in one request; more get 413.") var maxImagesPerRequest = 64
  @Option(help: "Bytes of all bodies, from a request's head until its images are decoded; more get 503.")
  var maxPendingBytes = 256 << 20
  @Option(help: "Bytes that decoding may hold at once; an image that needs more by itself gets 413.")
  var maxDecodingBytes = 448 << 20
  @Option(
    help: "Seconds from a request's arrival until its answer is due; what can't be in time gets 429 or 504.")
  var requestTimeout = 30.0
  @Option(help: "Threads of the engine. Default: the processors that this process may use.")
  var threads: Int?
  @Option(
    help: "simd (this project's), openblas, or auto: simd wherever the processor runs it, else openblas.")
  var kernels: KernelChoice = .auto
  @Option(help: "Threads that decode images. Default: the same.") var decodeThreads: Int?
  @Option(help: "exact (Pillow's pixels, bit for bit) or fast (JPEGs shrunk by the decoder).")
  var decode: DecodeMode = .exact
  @Option(help: "Threads that read and write HTTP.") var httpThreads = 2
  @Option(help: "Open connections; further ones get 503.") var maxConnections = 1024
  @Option(
    help: "Open connections from one IPv4 address or IPv6 /64; further ones get 503. Default: no limit.")
  var maxConnectionsPerAddress: Int?
  @Option(help: "Bytes in a request's body; more get 413.") var maxBodyBytes = 32 << 20
  @Option(help: "Pixels in an image; more get 413 before they are decoded.") var maxPixels = 8192 * 6144
  @Option(help: "Pixels along an image's longer side.") var maxSide = 65_500
  @Option(help: "Scans in a JPEG of --max-pixels; a smaller one may have as many more as it is smaller.")
  var maxJpegScans = 16
  @Option(help: "Seconds without traffic after which a connection is closed.") var idleTimeout = 60
  @Option(help: "Seconds in which a request must have come in whole; a slower one gets 408.")
  var receiveTimeout = 60
  @Option(
    help: "Bytes of a body that must come in a second, after 5 s; slower requests get 408. 0 for any pace.")
  var minReceiveRate = 0
  @Option(help: "Seconds that a client may take to read an answer of up to 1 MiB.") var sendTimeout = 60
  @Option(help: "Seconds that /readyz fails and requests are still taken before a shutdown by signal begins.")
  var drainDelay = 0.0
  @Option(help: "Seconds for which the engine may stand still with work to do before /livez fails.")
  var watchdog = 120
  @Option(help: "A file with one API key a line; every route but the probes then wants one.")
  var apiKeys: String?
  @Option(help: "A PEM file with the certificate chain to speak TLS with, on the main port.")
  var tlsCertificate: String?
  @Option(help: "A PEM file with the certificate's private key.") var tlsKey: String?
  @Option(help: "How finely /metrics tells what the experts do: off, layer, expert or slot.")
  var expertMetrics: ExpertMetricsLevel = .expert
  @Option(help: "Most time series of experts; a level with more gives way to the next coarser one.")
  var metricsSeriesLimit = 10_000
  @Option(help: "Seconds of the past that the experts' gauges and the window of /v1/experts speak of.")
  var expertWindow = 300
  @Flag(inversion: .prefixedNo, help: "Answer a page to try the model at /.") var ui = true
  @Option(help: "The origin whose pages may read answers, as https://example.org; * for every one.")
  var corsOrigin: String?
  @Option(help: "trace, debug, info, notice, warning, error or critical.") var logLevel: Logger.Level = .info
  @Option(help: "text, or json: one object a line.") var logFormat: LogFormat = .text
  @Flag(help: "Print the effective options as a configuration file, and end.") var printConfig = false

  func validate() throws {
    try require("port", port, 0...65_535)
    try require("max-batch", maxBatch, 1...4_096)
    try require("max-queue", maxQueue, 1...1_000_000)
    try require("max-images-per-request", maxImagesPerRequest, 1...100_000)
    try require("max-pending-bytes", maxPendingBytes, 1...1 << 40)
    try require("max-decoding-bytes", maxDecodingBytes, 1 << 20...1 << 40)
    try require("request-timeout", requestTimeout, 0.001...86_400)
    try require("threads", threads ?? 1, 1...1_024)
    try require("decode-threads", decodeThreads ?? 1, 1...1_024)
    try require("http-threads", httpThreads, 1...64)
    try require("max-connections", maxConnections, 1...100_000)
    try require("max-connections-per-address", maxConnectionsPerAddress ?? 1, 1...100_000)
    try require("min-receive-rate", minReceiveRate, 0...1 << 30)
    try require("send-timeout", sendTimeout, 1...86_400)
    try require("max-body-bytes", maxBodyBytes, 1...1 << 40)
    try require("max-pixels", maxPixels, 1...1 << 40)
    try require("max-side", maxSide, 1...1 << 31)
    try require("max-jpeg-scans", maxJpegScans, 1...10_000)
    try require("idle-timeout", idleTimeout, 1...86_400)
    try require("receive-timeout", receiveTimeout, 1...86_400)
    try require("metrics-series-limit", metricsSeriesLimit, 1...10_000_000)
    try require("expert-window", expertWindow, 1...86_400)
    try require("drain-delay", drainDelay, 0...3_600)
    try require("watchdog", watchdog, 1...86_400)
    guard maxImagesPerRequest <= maxQueue else {
      throw ValidationError(
        "--max-images-per-request: expected at most --max-queue, \(maxQueue), found \(maxImagesPerRequest); "
          + "such a request would never be accepted")
    }
    guard maxPendingBytes >= 2 * maxBodyBytes else {
      throw ValidationError(
        "--max-pending-bytes: expected at least twice --max-body-bytes, \(2 * maxBodyBytes), found \(maxPendingBytes); "
          + "the largest body would never be accepted")
    }
    guard adminPort.number.map(Int.init) != port || port == 0 else {
      throw ValidationError("--admin-port: expected another port than --port, found \(port) for both")
    }
    guard (tlsCertificate == nil) == (tlsKey == nil) else {
      throw ValidationError("--tls-certificate and --tls-key: expected both or none, found one")
    }
    guard adminPort.number != nil || probesOnMainPort else {
      throw ValidationError("--probes-on-main-port false: without --admin-port nobody could ask for probes")
    }
  }

  func run() async throws {
    if printConfig { return print(ConfigurationFile.text(of: self)) }
    var logger = Logger(label: "softmoe") { logFormat.handler(label: $0) }
    logger.logLevel = logLevel
    let service = try ClassificationService(options: serviceOptions, logger: logger) {
      [model, verify] reason throws(OpenedModelError) in
      // The start trusts the file but for its header, which is quick; a reload reads all of it, as the model before
      // serves meanwhile and a file that was replaced may have been cut or damaged on its way.
      try OpenedModel(path: model, verification: verify ?? (reason == .reload ? .full : .header))
    }
    if let apiKeys { service.use(try APIKeys(try readText(apiKeys, option: "api-keys"))) }
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [ServerService(command: self, service: service, logger: logger)],
        gracefulShutdownSignals: [.sigterm, .sigint],
        logger: Logger(label: "softmoe.lifecycle") { _ in SwiftLogNoOpLogHandler() }))
    try await group.run()
    logger.info("stopped")
  }

  /// What it needs of the system, the remainder being the workspace and everything small.
  var room: SystemRoom {
    let processors = availableProcessorCount()
    var file = stat()
    let modelSize = stat(model, &file) == 0 ? Int(file.st_size) : 0
    let remainder = 256 << 20
    let workers = (threads ?? processors) + (decodeThreads ?? processors)
    return SystemRoom(
      threadCount: workers + httpThreads + 16,
      byteCount: modelSize + maxPendingBytes + maxDecodingBytes + remainder)
  }

  private var serviceOptions: ServiceOptions {
    var options = ServiceOptions()
    options.inference = inferenceOptions
    options.maxImagesPerRequest = maxImagesPerRequest
    options.maxPendingBytes = maxPendingBytes
    options.requestTimeout = .seconds(requestTimeout)
    options.watchdog = .seconds(watchdog)
    options.bodyLimit = maxBodyBytes
    options.expertMetrics = expertMetrics
    options.metricsSeriesLimit = metricsSeriesLimit
    options.hasPage = ui
    options.hasProbesOnMainPort = probesOnMainPort
    options.corsOrigin = corsOrigin
    options.version = softmoeVersion
    return options
  }

  private var inferenceOptions: InferenceOptions {
    let processors = availableProcessorCount()
    var options = InferenceOptions()
    options.maxBatch = maxBatch
    options.maxQueue = maxQueue
    options.threadCount = threads ?? processors
    options.kernels = kernels
    options.decodeThreadCount = decodeThreads ?? processors
    options.decodingBytes = maxDecodingBytes
    options.decodeMode = decode
    options.imageLimits = ImageLimits(
      maxPixels: maxPixels, maxSide: maxSide, maxJPEGScans: maxJpegScans, maxDecodingBytes: maxDecodingBytes)
    options.expertWindow = .seconds(expertWindow)
    return options
  }

  private func require<Value: Comparable>(_ option: String, _ value: Value, _ range: ClosedRange<Value>)
    throws
  {
    guard range.contains(value) else {
      throw ValidationError(
        "--\(option): expected \(range.lowerBound) to \(range.upperBound), found \(value)")
    }
  }
}

extension Verification: ExpressibleByArgument {}
extension KernelChoice: ExpressibleByArgument {}
extension DecodeMode: ExpressibleByArgument {}
extension ExpertMetricsLevel: ExpressibleByArgument {}
extension Logger.Level: @retroactive ExpressibleByArgument {}
