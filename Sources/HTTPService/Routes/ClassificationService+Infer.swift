import Inference
import Metrics
import MicroHTTP

/// What became of one image, in the service's words.
typealias ImageOutcome = Result<ImageAnswer, ServiceError>

/// The way of every inference: read the body in turn with other work, infer, tell.
extension ClassificationService {
  /// What a body asks for.
  struct Question {
    let sources: [ImageSource]
    let extras: InferenceExtras
    /// Called once, with a result for each image.
    let answer: @Sendable ([ImageOutcome]) -> Void
  }

  /// Has a body read on a thread of the machine's, and what it asks for inferred.
  ///
  /// - Parameters:
  ///   - amplification: bytes that reading holds for each of the body's at most.
  ///   - read: finds images in the body; the call is that of the model that serves.
  /// - Throws: why the request as a whole is refused.
  func infer(
    _ call: Call, _ body: HTTPBody, amplification: Int,
    read: @escaping @Sendable (Call, Served, HTTPBody) throws(ServiceError) -> Question
  ) throws(ServiceError) {
    let served = try ready()
    var call = call
    call.served = served
    let accepted = call
    let request = InferenceRequest(
      deadline: call.head.arrival + (try timeout(call.head.headers)),
      isWanted: { accepted.responder.isClientConnected })
    do throws(InferenceRefusal) { try served.running.requireTime(until: request.deadline) } catch {
      throw ServiceError(error)
    }
    do throws(InferenceRefusal) {
      try host.machine.prepare(
        .reading(byteCount: body.bytes.count, amplification: amplification), for: request,
        body: {
          do throws(ServiceError) {
            try self.infer(accepted, served, request, body, read(accepted, served, body))
          } catch {
            self.fail(accepted, error)
          }
        }, dropped: { self.fail(accepted, $0 == .expired ? .expired : .abandoned) })
    } catch {
      metrics.observe(.refused(error))
      throw ServiceError(error)
    }
  }

  private func infer(
    _ call: Call, _ served: Served, _ request: InferenceRequest, _ body: HTTPBody, _ question: Question
  ) throws(ServiceError) {
    guard (1...options.maxImagesPerRequest).contains(question.sources.count) else {
      throw .tooManyImages(found: question.sources.count, limit: options.maxImagesPerRequest)
    }
    var request = request
    request.extras = question.extras
    request.owner = body
    countPending(1)
    do throws(InferenceRefusal) {
      try served.running.infer(question.sources, request) { results in
        self.countPending(-1)
        question.answer(results.map { $0.mapError { ServiceError($0) } })
        if results.contains(where: { $0.isFault }) {
          self.logger.error(
            "the model computes no finite numbers for a photo", metadata: ["request_id": "\(call.id)"])
        }
      }
    } catch {
      countPending(-1)
      throw ServiceError(error)
    }
  }

  /// Does what takes milliseconds for an answer where it delays no other answers.
  func explaining(_ call: Call, _ body: @escaping @Sendable () -> Void) {
    let request = InferenceRequest(deadline: call.head.arrival + options.requestTimeout)
    do throws(InferenceRefusal) {
      try host.machine.prepare(
        .explaining, for: request, body: body, dropped: { _ in self.fail(call, .expired) })
    } catch {
      fail(call, ServiceError(error))
    }
  }

  /// How long a request may take: the server's limit, or less where it asks for less.
  private func timeout(_ headers: HTTPFields) throws(ServiceError) -> Duration {
    guard let text = headers["x-request-timeout-ms"] else { return options.requestTimeout }
    // A day: more milliseconds than any server's limit.
    guard let milliseconds = Int(decimal: text), milliseconds > 0 else {
      throw .badRequest("x-request-timeout-ms must be a whole number of milliseconds above 0")
    }
    return min(options.requestTimeout, .milliseconds(min(milliseconds, 86_400_000)))
  }

  /// Headers that say how an answer came about.
  func describe(_ results: [ImageOutcome], _ call: Call, in response: inout HTTPResponse) {
    let answers = results.compactMap { try? $0.get() }
    // Of several images the slowest at each stage.
    response.headers["Server-Timing"] =
      ServerTiming([
        ("decode", answers.compactMap(\.decodeDuration).max()),
        ("queue", answers.map(\.timing.queueDuration).max()),
        ("inference", answers.map(\.timing.inferenceDuration).max()),
        ("total", call.head.arrival.duration(to: .now)),
      ]).value
    response.headers["x-batch-size"] = answers.map(\.timing.batchSize).max().map { String($0) } ?? "0"
    response.headers["x-model-weights"] = call.served?.model.weightsName
  }
}

extension ImageResult {
  /// Whether the model is to blame.
  fileprivate var isFault: Bool { if case .failure(.modelNotFinite) = self { true } else { false } }
}
