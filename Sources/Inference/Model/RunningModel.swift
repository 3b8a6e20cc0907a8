import Dispatch
import ImageInput
import SoftMoEViT
import Synchronization

/// A model at work on a machine: what was opened, its decoder, its engine and what its experts do.
///
/// A reload makes another; this one answers what it has accepted and goes.
package final class RunningModel: Sendable {
  package let model: OpenedModel
  package let experts: ExpertRecorder
  package let workspaceByteCount: Int
  /// Who multiplies.
  package var kernels: KernelSet { machine.kernels }
  /// Names it in events.
  package var id: Int { lane.id }
  let decoder: ImageDecoder
  private let machine: Machine
  private let lane: EngineLane
  private let unanswered = DispatchGroup()
  private let observe: @Sendable (InferenceEvent) -> Void

  /// Builds the engine, proves it, and learns what a batch costs; all of it in turn with the batches of others.
  ///
  /// - Throws: `OpenedModelError.preprocessing` when the model's image preparation can't be used, `.machine`
  ///   when there is no memory for it, `.selfProof` when the engine computes something else than where the
  ///   model was made.
  package init(
    _ model: OpenedModel, on machine: Machine, _ options: InferenceOptions,
    observe: @escaping @Sendable (InferenceEvent) -> Void = { _ in }
  ) throws(OpenedModelError) {
    (self.model, self.machine, self.observe) = (model, machine, observe)
    do throws(ImageError) {
      decoder = try ImageDecoder(
        preprocessing: model.preprocessing, limits: options.imageLimits, mode: options.decodeMode)
    } catch {
      throw .preprocessing(error)
    }
    let engine: InferenceEngine
    do throws(MachineError) {
      engine = try InferenceEngine(
        model.network, maxBatch: options.maxBatch, threads: machine.threads, kernels: machine.kernels,
        queue: machine.computeQueue)
    } catch {
      throw .machine(error)
    }
    workspaceByteCount = engine.workspaceByteCount
    // Nobody knows the new model's cost; a second is the least that others should be careful for.
    do throws(SelfProofError) {
      try machine.perform(seconds: 1) { () throws(SelfProofError) in try engine.prove(model.proof) }
    } catch {
      throw .selfProof(error)
    }
    experts = ExpertRecorder(
      model.network.configuration, profile: model.profile, windowLength: options.expertWindow)
    let recorder = experts
    lane = machine.open { EngineLane(id: $0, engine, recorder, observe) }
    for count in Set([1, min(options.maxBatch, 8)]).sorted() {
      let duration = machine.perform(seconds: 1) { engine.time(imageCount: count) }
      machine.learn(lane.id, imageCount: count, duration)
    }
  }

  // Whoever has images of it under way refers to it: when the last one lets go, nothing is left for its lane.
  deinit { machine.close(lane.id) }

  /// Refuses on arrival what could not be answered in time even if it were read and decoded already.
  ///
  /// - Throws: why.
  package func requireTime(until deadline: ContinuousClock.Instant) throws(InferenceRefusal) {
    guard let refusal = machine.refusal(lane: lane.id, deadline: deadline) else { return }
    tell(.refused(InferenceRefusal(refusal)))
    throw InferenceRefusal(refusal)
  }

  /// Infers images: the one way in.
  ///
  /// Heads are judged here, on the caller's thread; decoding and running wait for their turns.
  /// - Parameters:
  ///   - completion: called exactly once, with a result for each image, on a thread of the machine's or, where no
  ///     image is worth any work, on the caller's. It must not block.
  /// - Throws: why the request as a whole is refused; nothing of it is kept then.
  package func infer(
    _ sources: [ImageSource], _ request: InferenceRequest,
    completion: @escaping @Sendable ([ImageResult]) -> Void
  ) throws(InferenceRefusal) {
    guard !sources.isEmpty else { return completion([]) }
    let images = ImageRequest(self, request, sources, completion: completion)
    guard !images.preparations.isEmpty else { return completion(images.results) }
    unanswered.enter()
    if let refusal = machine.submit(
      images, lane: lane.id, images: images.preparations, deadline: request.deadline)
    {
      unanswered.leave()
      let refusal = InferenceRefusal(refusal)
      tell(.refused(refusal))
      throw refusal
    }
  }

  /// Blocks until everything handed in is answered.
  package func waitUntilIdle() { unanswered.wait() }

  /// The fitted cost of a batch: seconds an image, and seconds a batch.
  package var batchCost: (perImage: Double, perBatch: Double) { machine.cost(lane.id) }

  func tell(_ event: InferenceEvent) { observe(event) }

  func requestEnded() { unanswered.leave() }
}
