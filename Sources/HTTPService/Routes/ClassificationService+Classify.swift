import Inference
import MicroHTTP

extension ClassificationService {
  /// `POST /classify`: one image as the body, or many in a form.
  func classify(_ call: Call, _ body: HTTPBody) throws(ServiceError) {
    let model = try ready().model
    let configuration = model.network.configuration
    guard configuration.classCount > 0 else {
      throw .badRequest("\(model.name) has no head, and so no classes; /embed answers its features")
    }
    let parameters = try ClassifyParameters(
      call.head.query, classCount: configuration.classCount,
      expertCount: configuration.moe?.expertCount ?? 0)
    let extras = InferenceExtras(explanation: parameters.explainedExpertCount.map { .top($0) })
    try answerImages(call, body, extras) { served, answer in
      ImageResponse(
        predictions: Prediction.top(
          parameters.topK, logits: answer.inference.logits, labels: served.model.labels),
        logits: parameters.wantsLogits ? answer.inference.logits : nil,
        explanation: parameters.explainedExpertCount.map { _ in
          Explanation(served.experts.layers, answer.inference.experts)
        })
    }
  }

  /// `POST /embed`: what the head would read, instead of what it says.
  func embed(_ call: Call, _ body: HTTPBody) throws(ServiceError) {
    guard call.head.query.items.isEmpty else {
      throw .badRequest("unknown query parameter; /embed takes none")
    }
    try answerImages(call, body, InferenceExtras(features: true)) {
      ImageResponse(embedding: $1.inference.features)
    }
  }

  /// Infers the images of a body, and answers with what `tell` says of each.
  private func answerImages(
    _ call: Call, _ body: HTTPBody, _ extras: InferenceExtras,
    tell: @escaping @Sendable (Served, ImageAnswer) -> ImageResponse
  ) throws(ServiceError) {
    try infer(call, body, amplification: 0) { call, served, body throws(ServiceError) in
      let images = try ImageBody(body.bytes, contentType: call.head.headers["content-type"])
      let names = images.parts.map(\.name)
      return Question(sources: images.parts.map { .encoded($0.bytes) }, extras: extras) { results in
        @Sendable func answer() { self.answer(call, served, names, isForm: images.isForm, results, tell) }
        if extras.explanation == nil { answer() } else { self.explaining(call, answer) }
      }
    }
  }

  private func answer(
    _ call: Call, _ served: Served, _ names: [String?], isForm: Bool, _ results: [ImageOutcome],
    _ tell: (Served, ImageAnswer) -> ImageResponse
  ) {
    let model = served.model.name
    var response: HTTPResponse
    if isForm {
      if let failure = results.commonFailure { return fail(call, failure) }
      let told = zip(names, results).map { name, result in
        var told =
          switch result {
          case .success(let answer): tell(served, answer)
          case .failure(let error): ImageResponse(error: error.message, errorType: error.type)
          }
        told.name = name
        return told
      }
      response = .json(ImagesResponse(model: model, results: told))
    } else {
      switch results[0] {
      case .failure(let error): return fail(call, error)
      case .success(let answer):
        var told = tell(served, answer)
        told.model = model
        response = .json(told)
      }
    }
    describe(results, call, in: &response)
    reply(call, response)
  }
}

extension [ImageOutcome] {
  /// The failure of a request none of whose images ran: its client left, or its deadline passed.
  fileprivate var commonFailure: ServiceError? {
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
