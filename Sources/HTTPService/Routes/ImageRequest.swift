import ImageInput
import Inference
import Metrics
import MicroHTTP
import Synchronization

/// One image as a client sent it.
enum ImageSource: Sendable {
  /// A JPEG, PNG or WebP.
  case encoded([UInt8])
  /// [H, W, 3], already normalised.
  case pixels([Float])
}

/// What became of one image.
struct ImageAnswer: Sendable {
  let inference: Inference
  let timing: BatchTiming
  /// [H, W, 3], as the model saw it.
  let pixels: [Float]
  /// Nil for an image that came as pixels.
  let decodeDuration: Duration?
}

typealias ImageResult = Result<ImageAnswer, ServiceError>

extension ClassificationService {
  /// Takes a request's images in, decodes them, has them batched, and tells what became of each.
  ///
  /// - Parameter completion: called exactly once, with a result for each image.
  /// - Throws: why the request as a whole is refused; nothing is kept then.
  func infer(
    _ call: Call, on loaded: LoadedModel, _ sources: [ImageSource],
    _ extras: InferenceExtras = InferenceExtras(),
    completion: @escaping @Sendable ([ImageResult]) -> Void
  ) throws(ServiceError) {
    guard (1...options.maxImagesPerRequest).contains(sources.count) else {
      throw .tooManyImages(found: sources.count, limit: options.maxImagesPerRequest)
    }
    let deadline = call.request.arrival + (try timeout(call.request.headers))
    let byteCount = call.request.body.bytes.count
    guard reserve(byteCount: byteCount) else {
      metrics.rejected("bytes").increment()
      throw .overloaded("too many bytes wait to be decoded", retryAfterSeconds: 1)
    }
    do throws(ServiceError) {
      try admit(sources.count, deadline, loaded.gate)
    } catch {
      releaseBytes(byteCount)
      releaseRequest()
      throw error
    }
    let request = ImageRequest(
      service: self, call: call, loaded: loaded, deadline: deadline, imageCount: sources.count,
      extras: extras, completion: completion)
    for (index, source) in sources.enumerated() {
      switch source {
      case .pixels(let pixels): request.decoded(index, .success((pixels, nil)))
      case .encoded(let bytes): decoding.async { request.decode(index, bytes) }
      }
    }
  }

  /// How long a request may take: the server's limit, or less where it asks for less.
  private func timeout(_ headers: HTTPFields) throws(ServiceError) -> Duration {
    guard let text = headers["x-request-timeout-ms"] else { return options.requestTimeout }
    guard let milliseconds = Int(text), milliseconds > 0 else {
      throw .badRequest("x-request-timeout-ms must be a whole number of milliseconds above 0")
    }
    return min(options.requestTimeout, .milliseconds(milliseconds))
  }

  private func admit(_ imageCount: Int, _ deadline: ContinuousClock.Instant, _ gate: AdmissionGate)
    throws(ServiceError)
  {
    switch gate.admit(imageCount: imageCount, deadline: deadline) {
    case .admitted: return
    case .full(let wait):
      metrics.rejected("queue_full").increment()
      throw .overloaded("the queue is full", retryAfterSeconds: wait.wholeSeconds)
    case .late(let wait):
      metrics.rejected("deadline").increment()
      throw .overloaded(
        "the queue is so long that the answer would come after the request's deadline",
        retryAfterSeconds: wait.wholeSeconds)
    case .impossible(let duration):
      metrics.rejected("impossible").increment()
      let milliseconds = Int((duration.seconds * 1000).rounded(.up))
      throw .deadline(
        "even without a queue an answer takes about \(milliseconds) ms here, more than the request's deadline"
      )
    }
  }
}

/// A request's images from decoding to their results.
private final class ImageRequest: Sendable {
  private let service: ClassificationService
  private let call: Call
  private let loaded: LoadedModel
  private let deadline: ContinuousClock.Instant
  private let extras: InferenceExtras
  private let completion: @Sendable ([ImageResult]) -> Void
  private let state: Mutex<State>

  typealias Decoded = (pixels: [Float], duration: Duration?)

  private struct State {
    var decoded: [Result<Decoded, ServiceError>?]
    var missing: Int
  }

  init(
    service: ClassificationService, call: Call, loaded: LoadedModel, deadline: ContinuousClock.Instant,
    imageCount: Int, extras: InferenceExtras, completion: @escaping @Sendable ([ImageResult]) -> Void
  ) {
    (self.service, self.call, self.loaded, self.deadline) = (service, call, loaded, deadline)
    (self.extras, self.completion) = (extras, completion)
    state = Mutex(State(decoded: Array(repeating: nil, count: imageCount), missing: imageCount))
  }

  func decode(_ index: Int, _ bytes: [UInt8]) {
    let start = ContinuousClock.now
    // Decoding is work too: none for who has left or can't be answered in time.
    guard start < deadline else { return decoded(index, .failure(.expired)) }
    guard call.responder.isClientConnected else { return decoded(index, .failure(.abandoned)) }
    do throws(ImageError) {
      let pixels = try loaded.decoder.tensor(from: bytes)
      let duration = start.duration(to: .now)
      service.metrics.decodeDuration.observe(duration)
      service.statistics.decoded(duration)
      decoded(index, .success((pixels, duration)))
    } catch {
      decoded(index, .failure(.image(error)))
    }
  }

  /// Stores one image's pixels; after the last one, hands the good ones to the batcher.
  func decoded(_ index: Int, _ result: Result<Decoded, ServiceError>) {
    if case .failure(let error) = result {
      loaded.gate.release(imageCount: 1)
      service.countDropped(error)
    }
    let all: [Result<Decoded, ServiceError>]? = state.withLock { state in
      state.decoded[index] = result
      state.missing -= 1
      return state.missing == 0 ? state.decoded.compactMap(\.self) : nil
    }
    guard let all else { return }
    service.releaseBytes(call.request.body.bytes.count)
    let inputs = all.compactMap { result in
      (try? result.get()).map { EngineInput(pixels: $0.pixels, extras: extras) }
    }
    loaded.batcher.submit(
      inputs, deadline: deadline, isWanted: { [call] in call.responder.isClientConnected }
    ) { outcomes in self.finish(all, outcomes) }
  }

  private func finish(_ decoded: [Result<Decoded, ServiceError>], _ outcomes: [BatchOutcome<Inference>]) {
    var outcomes = outcomes.makeIterator()
    let results = decoded.map { decoded in
      decoded.flatMap { input -> ImageResult in
        switch outcomes.next() {
        case .completed(let inference, let timing):
          service.record(inference, timing, loaded.experts)
          return .success(
            ImageAnswer(
              inference: inference, timing: timing, pixels: input.pixels, decodeDuration: input.duration))
        case .expired:
          service.countDropped(.expired)
          return .failure(.expired)
        case .abandoned, nil:
          service.countDropped(.abandoned)
          return .failure(.abandoned)
        }
      }
    }
    service.releaseRequest()
    completion(results)
  }
}

extension ClassificationService {
  fileprivate func record(_ inference: Inference, _ timing: BatchTiming, _ experts: ExpertRecorder) {
    experts.record(inference.routing)
    statistics.ran(timing)
    metrics.queueDuration.observe(timing.queueDuration)
    metrics.inferenceDuration.observe(timing.inferenceDuration)
    if timing.isFirstOfBatch { metrics.batchSize.observe(Double(timing.batchSize)) }
  }

  fileprivate func countDropped(_ error: ServiceError) {
    switch error {
    case .abandoned: metrics.dropped("client_gone").increment()
    case .deadline: metrics.dropped("deadline").increment()
    default: break
    }
  }
}

extension Duration {
  /// Rounded up, at least 1.
  fileprivate var wholeSeconds: Int { max(1, Int(seconds.rounded(.up))) }
}
