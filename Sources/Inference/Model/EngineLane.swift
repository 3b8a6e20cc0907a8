import SoftMoEViT

/// A model's batches on a machine.
final class EngineLane: MachineLane {
  let id: Int
  private let engine: InferenceEngine
  private let experts: ExpertRecorder
  private let observe: @Sendable (InferenceEvent) -> Void

  init(
    id: Int, _ engine: InferenceEngine, _ experts: ExpertRecorder,
    _ observe: @escaping @Sendable (InferenceEvent) -> Void
  ) {
    (self.id, self.engine, self.experts, self.observe) = (id, engine, experts, observe)
  }

  func run(_ images: [Machine.Image]) -> @Sendable (Duration) -> Void {
    let begin = ContinuousClock.now
    let requests = images.map { image in
      guard let request = image.request as? ImageRequest else {
        preconditionFailure("a model runs the images that it was handed")
      }
      return request
    }
    let outputs = engine.run(zip(requests, images).map { $0.input($1.index) })
    return { [id, experts, observe] duration in
      let timings = zip(requests, images).map { request, image in
        BatchTiming(
          batchSize: images.count, queueDuration: request.readySince(image.index).duration(to: begin),
          inferenceDuration: duration)
      }
      experts.record(outputs.compactMap { try? $0.get().routing })
      observe(.ran(model: id, timings))
      for (place, image) in images.enumerated() {
        requests[place].answer(image.index, try? outputs[place].get(), timings[place])
      }
    }
  }
}
