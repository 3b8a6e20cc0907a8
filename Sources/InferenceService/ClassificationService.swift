import Batching
import ImageInput
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
public final class ClassificationService: Sendable {
  /// What a service takes and with how much.
  public struct Options: Sendable {
    /// Images in a batch.
    public var maxBatch = 32
    /// Requests accepted and not yet answered; more are refused with 429.
    public var maxPending = 256
    /// Threads of the engine.
    public var threadCount = 1
    /// Who multiplies.
    public var kernels = KernelSet.standard
    /// Threads that decode images.
    public var decodeThreadCount = 1
    /// How faithfully JPEGs are decoded.
    public var decodeMode = DecodeMode.exact
    /// What an image may cost.
    public var imageLimits = ImageLimits()
    /// Bytes in a body.
    public var bodyLimit = 32 << 20
    /// The version to tell.
    public var version = ""

    /// The defaults.
    public init() {}
  }

  /// The metrics that `/metrics` renders.
  public let registry = MetricsRegistry()
  /// Bytes of the engine's workspace.
  public let workspaceByteCount: Int
  let model: ServedModel
  let options: Options
  let metrics: ServiceMetrics
  let experts: ExpertMetrics
  let batcher: Batcher<InferenceEngine>
  let decoder: ImageDecoder
  let decoding: BoundedQueue
  let logger: Logger
  private let state = Mutex(State())

  private struct State {
    var pending = 0
    var isDraining = false
    /// A running mean of the time that one image takes in a batch, for Retry-After.
    var secondsPerImage = 0.0
  }

  /// A service over one model.
  ///
  /// - Throws: `ServedModelError.preprocessing` when the model's image preparation can't be used,
  ///   `.selfProof` when the engine computes something else than where the model was made.
  public init(_ model: ServedModel, options: Options, logger: Logger) throws(ServedModelError) {
    self.model = model
    self.options = options
    self.logger = logger
    do throws(ImageError) {
      decoder = try ImageDecoder(
        preprocessing: model.preprocessing, limits: options.imageLimits, mode: options.decodeMode)
    } catch {
      throw .preprocessing(error)
    }
    let engine = InferenceEngine(
      model.network, maxBatch: options.maxBatch, threadCount: options.threadCount,
      kernels: options.kernels)
    do throws(SelfProofError) { try engine.prove(model.proof) } catch { throw .selfProof(error) }
    if model.proof == nil { logger.warning("the checkpoint has no self-proof; import it again to add one") }
    workspaceByteCount = engine.workspaceByteCount
    batcher = Batcher(engine: engine, maxBatch: options.maxBatch)
    decoding = BoundedQueue(label: "softmoe.decode", width: options.decodeThreadCount)
    metrics = ServiceMetrics(registry)
    experts = ExpertMetrics(model.network.configuration, registry)
    declareGauges()
  }

  /// Makes `/readyz` fail, so that no balancer sends more; what still comes is served.
  public func drain() { state.withLock { $0.isDraining = true } }

  /// Blocks until everything accepted is answered.
  public func waitUntilIdle() { batcher.waitUntilIdle() }

  var isDraining: Bool { state.withLock { $0.isDraining } }

  /// Takes a request in, or says why not.
  func admit() throws(ServiceError) {
    let refusal: ServiceError? = state.withLock { state in
      guard state.pending < options.maxPending else {
        let seconds = Double(state.pending) * state.secondsPerImage
        return .overloaded(retryAfterSeconds: max(1, Int(seconds.rounded(.up))))
      }
      state.pending += 1
      return nil
    }
    guard let refusal else { return }
    metrics.rejected("queue_full").increment()
    throw refusal
  }

  /// The counterpart of `admit`.
  func release() { state.withLock { $0.pending -= 1 } }

  func learn(_ timing: BatchTiming) {
    let seconds = timing.inferenceDuration.seconds / Double(timing.batchSize)
    state.withLock { state in
      state.secondsPerImage =
        state.secondsPerImage == 0 ? seconds : 0.9 * state.secondsPerImage + 0.1 * seconds
    }
  }

  private func declareGauges() {
    let (batcher, model, options) = (batcher, model, options)
    registry.gauge("softmoe_queue_depth", "Decoded images that wait for a batch.") {
      Double(batcher.waiting().count)
    }
    registry.gauge("softmoe_queue_oldest_age_seconds", "How long the first of them has waited; 0 for none.") {
      batcher.waiting().oldest?.seconds ?? 0
    }
    registry.gauge("softmoe_in_flight", "Classifications accepted and not yet answered.") { [weak self] in
      Double(self?.state.withLock { $0.pending } ?? 0)
    }
    registry.observed("softmoe_model_info", "The model that serves; always 1.", .gauge) {
      [Sample([("model", model.name), ("weights", model.weightsName)], 1)]
    }
    registry.observed("softmoe_build_info", "The software that serves; always 1.", .gauge) {
      [Sample([("version", options.version)], 1)]
    }
    registry.registerProcess()
  }
}
