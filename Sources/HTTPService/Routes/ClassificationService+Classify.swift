import Inference
import Metrics
import MicroHTTP

extension ClassificationService {
  /// `POST /classify`: one image as the body, or many in a form.
  func classify(_ call: Call) throws(ServiceError) {
    let loaded = try ready()
    let model = loaded.model
    let parameters = try ClassifyParameters(
      call.request.query, classCount: model.network.configuration.classCount,
      expertCount: model.network.configuration.moe?.expertCount ?? 0)
    let extras = InferenceExtras(explanation: parameters.explainedExpertCount.map { .top($0) })
    try answerImages(call, loaded, extras) { answer in
      ImageResponse(
        predictions: Prediction.top(parameters.topK, logits: answer.inference.logits, labels: model.labels),
        logits: parameters.wantsLogits ? answer.inference.logits : nil,
        explanation: parameters.explainedExpertCount.map { _ in
          Explanation(loaded.experts.layers, answer.inference.experts)
        })
    }
  }

  /// `POST /embed`: what the head would read, instead of what it says.
  func embed(_ call: Call) throws(ServiceError) {
    let loaded = try ready()
    guard call.request.query.items.isEmpty else {
      throw .badRequest("unknown query parameter; /embed takes none")
    }
    try answerImages(call, loaded, InferenceExtras(features: true)) {
      ImageResponse(embedding: $0.inference.features)
    }
  }

  /// Infers the images of a body, and answers with what `tell` says of each.
  private func answerImages(
    _ call: Call, _ loaded: LoadedModel, _ extras: InferenceExtras,
    tell: @escaping @Sendable (ImageAnswer) -> ImageResponse
  ) throws(ServiceError) {
    let images = try ImageBody(call.request)
    try infer(call, on: loaded, images.parts.map { .encoded($0.bytes) }, extras) { results in
      // Writing an explanation takes milliseconds: not where other answers wait to be written.
      if extras.explanation == nil {
        self.answer(call, loaded, images, results, tell)
      } else {
        self.decoding.async { self.answer(call, loaded, images, results, tell) }
      }
    }
  }

  private func answer(
    _ call: Call, _ loaded: LoadedModel, _ images: ImageBody, _ results: [ImageResult],
    _ tell: (ImageAnswer) -> ImageResponse
  ) {
    let model = loaded.model.name
    var response: HTTPResponse
    if images.isForm {
      if let failure = results.commonFailure { return self.fail(call, failure) }
      let told = zip(images.parts, results).map { part, result in
        var told =
          switch result {
          case .success(let answer): tell(answer)
          case .failure(let error): ImageResponse(error: error.message, errorType: error.type)
          }
        told.name = part.name
        return told
      }
      response = .json(ImagesResponse(model: model, results: told))
    } else {
      switch results[0] {
      case .failure(let error): return self.fail(call, error)
      case .success(let answer):
        var told = tell(answer)
        told.model = model
        response = .json(told)
      }
    }
    self.describe(results, call, loaded, in: &response)
    self.reply(call, response)
  }

  /// Headers that say how an answer came about.
  func describe(
    _ results: [ImageResult], _ call: Call, _ loaded: LoadedModel, in response: inout HTTPResponse
  ) {
    let answers = results.compactMap { try? $0.get() }
    // Of several images the slowest at each stage.
    response.headers["Server-Timing"] =
      ServerTiming([
        ("decode", answers.compactMap(\.decodeDuration).max()),
        ("queue", answers.map(\.timing.queueDuration).max()),
        ("inference", answers.map(\.timing.inferenceDuration).max()),
        ("total", call.request.arrival.duration(to: .now)),
      ]).value
    response.headers["x-batch-size"] = answers.map(\.timing.batchSize).max().map { String($0) } ?? "0"
    response.headers["x-model-weights"] = loaded.model.weightsName
  }
}

extension [ImageResult] {
  /// The failure of a request none of whose images ran: its client left, or its deadline passed.
  var commonFailure: ServiceError? {
    var common: ServiceError?
    for result in self {
      switch result {
      case .failure(let error) where error == .expired || error == .abandoned: common = error
      default: return nil
      }
    }
    return common
  }
}
