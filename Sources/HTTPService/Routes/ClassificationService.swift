import Dispatch
import Inference
import Logging
import Metrics
import MicroHTTP
import SoftMoEViT
import Synchronization

/// Answers requests over HTTP: bytes → images → inference → JSON.
///
///     HTTP thread → machine (read, decode, run) → completion → HTTP thread
///
/// HTTP threads judge heads and move bytes; probes are answered on them, everything else on threads of the machine's
/// or on one queue of the service's. A request's connection is suspended meanwhile.
package final class ClassificationService: Sendable {
  /// The metrics that `/metrics` renders.
  package let registry = MetricsRegistry()
  let options: ServiceOptions
  let metrics: ServiceMetrics
  let host: ModelHost
  let logger: Logger
  /// Where answers are made that need no inference.
  let operations = DispatchQueue(label: "softmoe.operations", qos: .userInitiated)
  /// What the experts' metrics of one scrape are made of.
  let scraped = Mutex<ExpertMetrics?>(nil)
  private let book: StatisticsBook
  private let state = Mutex(State())
  private let keys = Mutex(APIKeys())

  /// Where the service stands.
  private struct State {
    var served: Served?
    var isDraining = false
    /// Inferences accepted and not yet answered.
    var pending = 0
    /// Orders to reload whose load is under way, by their number.
    var reloads: [Int: Call] = [:]
    var reloadCount = 0
  }

  /// A service that is not ready before `load`.
  ///
  /// - Parameter open: opens the checkpoint, now and at every reload.
  /// - Throws: `MachineError` when the engine's threads or kernels can't be had.
  package init(
    options: ServiceOptions, logger: Logger,
    open: @escaping @Sendable (LoadReason) throws(OpenedModelError) -> OpenedModel
  ) throws(MachineError) {
    (self.options, self.logger) = (options, logger)
    let (metrics, book) = (ServiceMetrics(registry), StatisticsBook())
    (self.metrics, self.book) = (metrics, book)
    host = try ModelHost(
      options.inference,
      observe: { event in
        metrics.observe(event)
        book.observe(event)
      }, open: open)
    declareGauges()
  }

  /// Opens the checkpoint, builds its engine, proves it, and lets it answer from the next request on.
  ///
  /// The model that answered before, if there was one, finishes what it accepted; when this throws, it stays.
  /// - Returns: one line on what serves.
  /// - Throws: `OpenedModelError`; `.busy` while another load is under way.
  @discardableResult
  package func load(_ reason: LoadReason = .start) throws(OpenedModelError) -> String {
    let served = Served(try host.load(reason), options)
    for warning in served.model.warnings { logger.warning("\(warning)") }
    if served.metricsLevel != options.expertMetrics {
      logger.warning(
        "expert metrics by \(options.expertMetrics.rawValue) would be \(served.seriesCount(options.expertMetrics)) series, more than the limit of \(options.metricsSeriesLimit): by \(served.metricsLevel.rawValue) instead; /v1/experts has all"
      )
    }
    if !served.running.kernels.isBatchInvariant {
      logger.warning("OpenBLAS multiplies: answers may have other bits in other batches")
    }
    book.open(served)
    state.withLock { $0.served = served }
    return summary(of: served)
  }

  /// Replaces the keys of which a request must bring one; none lets everybody in.
  package func use(_ keys: APIKeys) { self.keys.withLock { $0 = keys } }

  /// Makes `/readyz` fail, so that no balancer sends more; what still comes is served. Nobody waits for a load any
  /// more, however long it takes.
  package func drain() {
    let reloads = state.withLock { state in
      state.isDraining = true
      defer { state.reloads = [:] }
      return state.reloads.values
    }
    for call in reloads { fail(call, .notReady("the server is shutting down")) }
  }

  /// An order to reload waits for its load from now on.
  ///
  /// - Returns: its number, for `endReload`.
  /// - Throws: `ServiceError.notReady` while the server shuts down.
  func beginReload(_ call: Call) throws(ServiceError) -> Int {
    let number: Int? = state.withLock { state in
      if state.isDraining { return nil }
      state.reloadCount += 1
      state.reloads[state.reloadCount] = call
      return state.reloadCount
    }
    guard let number else { throw .notReady("the server is shutting down") }
    return number
  }

  /// Whether an order to reload still waits for its answer; it does no more.
  func endReload(_ number: Int) -> Bool { state.withLock { $0.reloads.removeValue(forKey: number) } != nil }

  /// Blocks until everything accepted is answered.
  package func waitUntilIdle() { current?.running.waitUntilIdle() }

  /// Whether a model is being loaded.
  package var isLoading: Bool { host.isLoading }

  /// The model that answers, nil before the first is loaded.
  var current: Served? { state.withLock { $0.served } }

  /// Which keys are asked for.
  var allowedKeys: APIKeys { keys.withLock { $0 } }

  /// Why requests are not to be sent here, nil when they are.
  var notReady: String? {
    let (isDraining, isServing) = state.withLock { ($0.isDraining, $0.served != nil) }
    return isDraining ? "the server is shutting down" : isServing ? nil : whyNotServing
  }

  /// The model that answers.
  ///
  /// - Throws: `ServiceError.notReady` before the first is loaded.
  func ready() throws(ServiceError) -> Served {
    guard let served = current else { throw .notReady(whyNotServing) }
    return served
  }

  private var whyNotServing: String {
    host.hasFailed ? "the model could not be loaded; the server's log says why" : "the model is loading"
  }

  /// An inference has been accepted, or answered.
  func countPending(_ change: Int) { state.withLock { $0.pending += change } }

  private func declareGauges() {
    registry.gauge("softmoe_ready", "1 while the server takes requests, as /readyz says.") { [weak self] in
      self?.notReady == nil ? 1 : 0
    }
    registry.gauge(
      "softmoe_queue_depth", "Images accepted that wait for a batch, those in decoding included."
    ) { [host] in Double(host.machine.waiting) }
    registry.gauge(
      "softmoe_queue_oldest_age_seconds", "How long the first decoded image has waited; 0 for none."
    ) { [host] in host.machine.oldestAge.seconds }
    registry.gauge("softmoe_in_flight", "Requests accepted and not yet answered.") { [weak self] in
      Double(self?.state.withLock { $0.pending } ?? 0)
    }
    registry.gauge("softmoe_request_timeout_seconds", "The time that a request has.") {
      [options] in options.requestTimeout.seconds
    }
    registry.gauge("softmoe_batch_cost_image_seconds", "What an image adds to a batch's time, fitted.") {
      [weak self] in self?.current?.running.batchCost.perImage ?? 0
    }
    registry.gauge("softmoe_batch_cost_base_seconds", "What a batch takes however small it is, fitted.") {
      [weak self] in self?.current?.running.batchCost.perBatch ?? 0
    }
    registry.observed("softmoe_model_info", "The model that serves; always 1.", .gauge) { [weak self] in
      guard let model = self?.current?.model else { return [] }
      return [Sample([("model", model.name), ("weights", model.weightsName)], 1)]
    }
    registry.observed("softmoe_build_info", "The software that serves; always 1.", .gauge) { [options] in
      [Sample([("version", options.version)], 1)]
    }
    ExpertMetrics.declare(in: registry) { [weak self] in self?.scraped.withLock { $0 } }
    registry.registerProcess()
  }
}
