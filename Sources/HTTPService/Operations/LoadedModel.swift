import Dispatch
import ImageInput
import Inference
import Metrics
import SoftMoEViT

/// A model at work: what was loaded, its decoder, its engine and its batches.
///
/// A reload makes another; this one answers what it has accepted and goes.
final class LoadedModel: Sendable {
  let model: ServedModel
  let kernels: KernelSet
  let decoder: ImageDecoder
  let gate: AdmissionGate
  let batcher: Batcher<InferenceEngine>
  let experts: ExpertRecorder
  /// As asked for, or coarser where that would be too many series.
  let metricsLevel: ExpertMetricsLevel
  let workspaceByteCount: Int

  /// One batch at a time on the whole machine, whichever model it belongs to.
  private static let computeQueue = DispatchQueue(label: "softmoe.compute", qos: .userInitiated)

  /// Builds the engine, proves it, and learns what a batch costs.
  ///
  /// - Throws: `ServedModelError.preprocessing` when the model's image preparation can't be used, `.kernels`
  ///   when the processor can't run them, `.selfProof` when the engine computes something else than where the
  ///   model was made.
  init(_ model: ServedModel, _ options: ServiceOptions) throws(ServedModelError) {
    self.model = model
    do throws(ImageError) {
      decoder = try ImageDecoder(
        preprocessing: model.preprocessing, limits: options.imageLimits, mode: options.decodeMode)
    } catch {
      throw .preprocessing(error)
    }
    do throws(KernelsUnavailable) {
      kernels = try model.network.kernels(options.kernels, threadCount: options.threadCount)
    } catch {
      throw .kernels(error)
    }
    let engine = InferenceEngine(
      model.network, maxBatch: options.maxBatch, threadCount: options.threadCount, kernels: kernels)
    do throws(SelfProofError) { try engine.prove(model.proof) } catch { throw .selfProof(error) }
    workspaceByteCount = engine.workspaceByteCount
    gate = AdmissionGate(maxBatch: options.maxBatch, limit: options.maxQueue)
    for count in Set([1, min(options.maxBatch, 8)]).sorted() {
      gate.learn(imageCount: count, engine.time(imageCount: count))
    }
    batcher = Batcher(engine: engine, gate: gate, computeQueue: Self.computeQueue)
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
