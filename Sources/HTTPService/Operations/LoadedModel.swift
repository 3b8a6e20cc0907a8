import Dispatch
import ImageInput
import Inference
import Metrics
import SoftMoEViT

/// A model at work: what was loaded, its decoder, its engine and its batches.
///
/// A reload makes another; this one answers what it has accepted and goes.
final class LoadedModel: Sendable {
  /// What engines share: made once, whatever is loaded.
  struct Engines {
    let threads: ThreadPool
    let kernels: KernelSet
    /// One batch at a time on the whole machine, whichever model it belongs to.
    let queue = DispatchQueue(label: "softmoe.compute", qos: .userInitiated)

    init(_ options: ServiceOptions) throws(MachineError) {
      kernels = try KernelSet(options.kernels)
      threads = try ThreadPool(threadCount: options.threadCount)
    }
  }

  let model: ServedModel
  let kernels: KernelSet
  let decoder: ImageDecoder
  let gate: AdmissionGate
  let batcher: Batcher<InferenceEngine>
  let experts: ExpertRecorder
  /// As asked for, or coarser where that would be too many series.
  let metricsLevel: ExpertMetricsLevel
  let workspaceByteCount: Int

  /// Builds the engine, proves it, and learns what a batch costs.
  ///
  /// - Throws: `ServedModelError.preprocessing` when the model's image preparation can't be used, `.machine`
  ///   when there is no memory for it, `.selfProof` when the engine computes something else than where the
  ///   model was made.
  init(_ model: ServedModel, _ options: ServiceOptions, on engines: Engines) throws(ServedModelError) {
    self.model = model
    do throws(ImageError) {
      decoder = try ImageDecoder(
        preprocessing: model.preprocessing, limits: options.imageLimits, mode: options.decodeMode)
    } catch {
      throw .preprocessing(error)
    }
    kernels = engines.kernels
    let engine: InferenceEngine
    do throws(MachineError) {
      engine = try InferenceEngine(
        model.network, maxBatch: options.maxBatch, threads: engines.threads, kernels: engines.kernels,
        queue: engines.queue)
    } catch {
      throw .machine(error)
    }
    let proved = engines.queue.sync { Result { () throws(SelfProofError) in try engine.prove(model.proof) } }
    if case .failure(let error) = proved { throw .selfProof(error) }
    workspaceByteCount = engine.workspaceByteCount
    gate = AdmissionGate(maxBatch: options.maxBatch, limit: options.maxQueue)
    for count in Set([1, min(options.maxBatch, 8)]).sorted() {
      gate.learn(imageCount: count, engines.queue.sync { engine.time(imageCount: count) })
    }
    batcher = Batcher(engine: engine, gate: gate, computeQueue: engines.queue)
    experts = ExpertRecorder(
      model.network.configuration, profile: model.profile, windowLength: options.expertWindow)
    metricsLevel = options.expertMetrics.within(
      options.metricsSeriesLimit, experts.layers, hasProfile: model.profile != nil)
  }

  /// Time series of the experts at a level.
  func seriesCount(_ level: ExpertMetricsLevel) -> Int {
    level.seriesCount(experts.layers, hasProfile: experts.profile != nil)
  }
}
