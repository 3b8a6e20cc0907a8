import Dispatch
import Inference
import Logging
import Metrics
import MicroHTTP
import SoftMoEViT
import Synchronization

/// Routes requests to the model and back: bytes → image → batch → JSON.
///
///     HTTP thread → decode thread → batch queue → compute queue → completion queue → HTTP thread
///
/// No thread waits for another; a request's connection is suspended meanwhile.
package final class ClassificationService: Sendable {
  /// The metrics that `/metrics` renders.
  package let registry = MetricsRegistry()
  let options: ServiceOptions
  let metrics: ServiceMetrics
  let statistics = InferenceStatistics()
  let decoding: BoundedQueue
  let logger: Logger
  private let open: @Sendable () throws(ServedModelError) -> ServedModel
  private let state = Mutex(State())
  private let keys = Mutex(APIKeys())

  /// Where the service stands.
  private struct State {
    var model: LoadedModel?
    /// Why there is no model yet.
    var notReady = "the model is loading"
    var isDraining = false
    var isLoading = false
    /// Made at the first load.
    var engines: LoadedModel.Engines?
    /// Requests accepted and not yet answered, and bytes of their bodies.
    var pending = 0
    var pendingBytes = 0
    /// Models that a reload has replaced and that still answer what they accepted.
    var retired = 0
  }

  /// A service that is not ready before `load`.
  ///
  /// - Parameter open: opens the checkpoint, now and at every reload.
  package init(
    options: ServiceOptions, logger: Logger,
    open: @escaping @Sendable () throws(ServedModelError) -> ServedModel
  ) {
    (self.options, self.logger, self.open) = (options, logger, open)
    decoding = BoundedQueue(label: "softmoe.decode", width: options.decodeThreadCount)
    metrics = ServiceMetrics(registry)
    declareGauges()
  }

  /// Opens the checkpoint, builds its engine, proves it, and lets it answer from the next request on.
  ///
  /// The model that answered before, if there was one, finishes what it accepted; when this throws, it stays.
  /// - Returns: one line on what serves.
  /// - Throws: `ServedModelError`; `.busy` while another load is under way.
  @discardableResult
  package func load() throws(ServedModelError) -> String {
    guard
      state.withLock({ state in
        defer { state.isLoading = true }
        return !state.isLoading
      })
    else { throw .busy }
    defer { state.withLock { $0.isLoading = false } }
    let loaded: LoadedModel
    do throws(ServedModelError) {
      loaded = try LoadedModel(try open(), options, on: try sharedEngines())
    } catch {
      state.withLock { state in
        if state.model == nil { state.notReady = "the model could not be loaded; the server's log says why" }
      }
      throw error
    }
    for warning in loaded.model.warnings { logger.warning("\(warning)") }
    if loaded.metricsLevel != options.expertMetrics {
      logger.warning(
        "--expert-metrics \(options.expertMetrics.rawValue) would be \(loaded.seriesCount(options.expertMetrics)) series, more than --metrics-series-limit \(options.metricsSeriesLimit): \(loaded.metricsLevel.rawValue) instead; /v1/experts has all"
      )
    }
    if KernelSet.simd == nil {
      logger.warning(
        "this processor has no AVX2 and FMA: OpenBLAS multiplies, slower and with other bits in other batches"
      )
    }
    let replaced = state.withLock { state in
      let replaced = state.model
      state.model = loaded
      state.retired += replaced == nil ? 0 : 1
      return replaced
    }
    if let replaced {
      DispatchQueue.global().async {
        replaced.batcher.waitUntilIdle()
        self.state.withLock { $0.retired -= 1 }
      }
    }
    return summary(of: loaded)
  }

  private func sharedEngines() throws(ServedModelError) -> LoadedModel.Engines {
    if let engines = state.withLock({ $0.engines }) { return engines }
    do throws(MachineError) {
      let engines = try LoadedModel.Engines(options)
      state.withLock { $0.engines = engines }
      return engines
    } catch {
      throw .machine(error)
    }
  }

  /// Replaces the keys of which a request must bring one; none lets everybody in.
  package func use(_ keys: APIKeys) { self.keys.withLock { $0 = keys } }

  /// Makes `/readyz` fail, so that no balancer sends more; what still comes is served.
  package func drain() { state.withLock { $0.isDraining = true } }

  /// Blocks until everything accepted is answered.
  package func waitUntilIdle() { current?.batcher.waitUntilIdle() }

  /// The model that answers, nil before the first is loaded.
  var current: LoadedModel? { state.withLock { $0.model } }

  /// Why requests are not to be sent here, nil when they are.
  var notReady: String? {
    state.withLock { state in
      state.isDraining ? "the server is shutting down" : state.model == nil ? state.notReady : nil
    }
  }

  /// The model that answers.
  ///
  /// - Throws: `ServiceError.notReady` before the first is loaded.
  func ready() throws(ServiceError) -> LoadedModel {
    let (model, reason) = state.withLock { ($0.model, $0.notReady) }
    guard let model else { throw .notReady(reason) }
    return model
  }

  /// Whether who sent a request may ask for a route.
  ///
  /// Orders without a key are taken from this machine alone: a port that is open to all must not let all of
  /// them make the server work.
  func allows(_ request: HTTPRequest, _ route: Route) -> Bool {
    let keys = keys.withLock { $0 }
    switch route.access {
    case .probe, .page: return true
    case .order where keys.isEmpty:
      return ["127.", "::1", "::ffff:127."].contains { request.remoteAddress.hasPrefix($0) }
    default: return keys.allows(request.headers)
    }
  }

  /// Counts a request's body in, or says that there is no memory for it.
  func reserve(byteCount: Int) -> Bool {
    state.withLock { state in
      guard state.pending == 0 || state.pendingBytes + byteCount <= options.maxPendingBytes else {
        return false
      }
      state.pending += 1
      state.pendingBytes += byteCount
      return true
    }
  }

  /// The body is decoded.
  func releaseBytes(_ byteCount: Int) { state.withLock { $0.pendingBytes -= byteCount } }

  /// The request is answered.
  func releaseRequest() { state.withLock { $0.pending -= 1 } }

  private func declareGauges() {
    registry.gauge("softmoe_ready", "1 while the server takes requests, as /readyz says.") { [weak self] in
      self?.notReady == nil ? 1 : 0
    }
    registry.gauge(
      "softmoe_queue_depth", "Images accepted that wait for a batch, those in decoding included."
    ) {
      [weak self] in Double(self?.current?.gate.waiting ?? 0)
    }
    registry.gauge(
      "softmoe_queue_oldest_age_seconds", "How long the first decoded image has waited; 0 for none."
    ) { [weak self] in self?.current?.batcher.waiting().oldest?.seconds ?? 0 }
    registry.gauge("softmoe_in_flight", "Requests accepted and not yet answered.") { [weak self] in
      Double(self?.state.withLock { $0.pending } ?? 0)
    }
    registry.gauge("softmoe_request_timeout_seconds", "The time that a request has, --request-timeout.") {
      [options] in options.requestTimeout.seconds
    }
    registry.gauge("softmoe_batch_cost_image_seconds", "What an image adds to a batch's time, fitted.") {
      [weak self] in self?.current?.gate.cost.perImage ?? 0
    }
    registry.gauge("softmoe_batch_cost_base_seconds", "What a batch takes however small it is, fitted.") {
      [weak self] in self?.current?.gate.cost.perBatch ?? 0
    }
    registry.observed("softmoe_model_info", "The model that serves; always 1.", .gauge) { [weak self] in
      guard let model = self?.current?.model else { return [] }
      return [Sample([("model", model.name), ("weights", model.weightsName)], 1)]
    }
    registry.observed("softmoe_build_info", "The software that serves; always 1.", .gauge) { [options] in
      [Sample([("version", options.version)], 1)]
    }
    ExpertMetrics.declare(in: registry) { [weak self] in
      self?.current.map { ExpertMetrics(recorder: $0.experts, level: $0.metricsLevel) }
    }
    registry.registerProcess()
  }
}
