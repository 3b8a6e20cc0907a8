import Batching
import ImageInput
import Metrics
import MicroHTTP

extension ClassificationService {
  /// What a request to `/classify` asks for in its query.
  struct ClassifyParameters: Equatable {
    var topK: Int
    var wantsLogits: Bool

    /// - Throws: `ServiceError.badRequest`, naming the parameter.
    init(_ query: HTTPQuery, classCount: Int) throws(ServiceError) {
      topK = min(5, classCount)
      wantsLogits = false
      for item in query.items {
        switch item.name {
        case "top_k":
          guard let count = Int(item.value), (1...classCount).contains(count) else {
            throw .badRequest("top_k must be a whole number from 1 to \(classCount), the number of classes")
          }
          topK = count
        case "logits":
          switch item.value {
          case "", "1", "true": wantsLogits = true
          case "0", "false": wantsLogits = false
          default: throw .badRequest("logits must be 1 or 0")
          }
        default:
          throw .badRequest("unknown query parameter; /classify takes top_k and logits")
        }
      }
    }
  }

  func classify(_ call: Call) {
    do throws(ServiceError) {
      let parameters = try ClassifyParameters(
        call.request.query, classCount: model.network.configuration.classCount)
      guard !call.request.body.isEmpty else { throw .image(.empty) }
      try admit()
      decoding.async { self.decode(call, parameters) }
    } catch {
      fail(call, error)
    }
  }

  private func decode(_ call: Call, _ parameters: ClassifyParameters) {
    let start = ContinuousClock.now
    let tensor: [Float]
    do throws(ImageError) {
      tensor = try decoder.tensor(from: call.request.body)
    } catch {
      release()
      return fail(call, .image(error))
    }
    let decodeDuration = start.duration(to: .now)
    metrics.decodeDuration.observe(decodeDuration)
    batcher.submit(tensor, isWanted: { call.responder.isClientConnected }) { outcome in
      self.release()
      switch outcome {
      case .abandoned:
        self.metrics.dropped("client_gone").increment()
        self.fail(call, .abandoned)
      case .completed(let inference, let timing):
        self.finish(call, parameters, inference, timing, decodeDuration)
      }
    }
  }

  private func finish(
    _ call: Call, _ parameters: ClassifyParameters, _ inference: Inference, _ timing: BatchTiming,
    _ decodeDuration: Duration
  ) {
    record(inference, timing)
    let answer = ClassifyResponse(
      model: model.name,
      predictions: Prediction.top(parameters.topK, logits: inference.logits, labels: model.labels),
      logits: parameters.wantsLogits ? inference.logits : nil)
    var response = HTTPResponse.json(answer)
    let stages = [
      ("decode", decodeDuration), ("queue", timing.queueDuration), ("inference", timing.inferenceDuration),
      ("total", call.request.arrival.duration(to: .now)),
    ]
    response.headers["Server-Timing"] =
      stages.map { "\($0);dur=\(milliseconds($1))" }.joined(separator: ", ")
    response.headers["x-batch-size"] = String(timing.batchSize)
    reply(call, response)
  }

  private func record(_ inference: Inference, _ timing: BatchTiming) {
    experts.record(inference.routing)
    metrics.queueDuration.observe(timing.queueDuration)
    metrics.inferenceDuration.observe(timing.inferenceDuration)
    if timing.isFirstOfBatch {
      metrics.batchSize.observe(Double(timing.batchSize))
      learn(timing)
    }
  }
}

/// Milliseconds with three decimals.
private func milliseconds(_ duration: Duration) -> String {
  let microseconds = Int((duration.seconds * 1e6).rounded())
  let fraction = String(microseconds % 1000)
  return "\(microseconds / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
}
