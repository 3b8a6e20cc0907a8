import ImageInput
import Inference
import Metrics
import MicroHTTP

/// What an expert's picture is asked for with.
private struct ExplainParameters {
  /// Place among the layers with experts.
  let layer: Int
  let expert: Int

  /// - Throws: `ServiceError.badRequest`, naming the parameter.
  init(_ query: HTTPQuery, _ layers: [RoutedLayer]) throws(ServiceError) {
    guard let first = layers.first else {
      throw .badRequest("this model has no layer with experts to explain")
    }
    let blocks = layers.map { String($0.block) }.joined(separator: ", ")
    let number = "expert must be a whole number from 0 to \(first.expertCount - 1)"
    var (layer, expert): (Int?, Int?)
    for item in query.items {
      switch item.name {
      case "layer":
        layer = Int(decimal: item.value).flatMap { block in layers.firstIndex { $0.block == block } }
        guard layer != nil else {
          throw .badRequest("layer must be one of the layers with experts: \(blocks)")
        }
      case "expert":
        expert = Int(decimal: item.value)
        guard let given = expert, (0..<first.expertCount).contains(given) else { throw .badRequest(number) }
      default:
        throw .badRequest("unknown query parameter; /explain takes layer and expert")
      }
    }
    guard let layer else {
      throw .badRequest("layer is missing; it is one of the layers with experts: \(blocks)")
    }
    guard let expert else { throw .badRequest("expert is missing; \(number)") }
    (self.layer, self.expert) = (layer, expert)
  }
}

/// The routes that show what the experts do.
extension ClassificationService {
  /// `GET /v1/experts`: the usage of every layer.
  func experts(_ call: Call) throws(ServiceError) {
    let loaded = try ready()
    let recorder = loaded.experts
    let reading = recorder.reading
    let (lifetime, window) = usages(reading, recorder)
    reply(
      call,
      .json(
        ExpertsResponse(
          model: loaded.model.name, weights: loaded.model.weightsName,
          windowSeconds: recorder.windowLength.seconds, lifetimeImages: reading.lifetime.imageCount,
          windowImages: reading.window.imageCount,
          profile: recorder.profile.map { ExpertsResponse.Profile(images: $0.imageCount) },
          layers: recorder.layers.enumerated().map { index, layer in
            ExpertsResponse.Layer(
              sizes: LayerSizes(layer),
              lifetime: UsageSummary(lifetime[index], at: index, recorder.profile),
              window: UsageSummary(window[index], at: index, recorder.profile))
          })))
  }

  /// `GET /v1/experts/{layer}`: one layer with its slots and tokens.
  func expertLayer(_ call: Call) throws(ServiceError) {
    let loaded = try ready()
    let recorder = loaded.experts
    guard let index = recorder.layers.firstIndex(where: { String($0.block) == call.parameters["layer"] })
    else {
      throw .unknownLayer(known: recorder.layers.map(\.block))
    }
    let (lifetime, window) = usages(recorder.reading, recorder)
    let layer = recorder.layers[index]
    reply(
      call,
      .json(
        LayerResponse(
          model: loaded.model.name, weights: loaded.model.weightsName,
          windowSeconds: recorder.windowLength.seconds, grid: Grid(layer),
          layer: ExpertsResponse.Layer(
            sizes: LayerSizes(layer),
            lifetime: UsageSummary(lifetime[index], at: index, recorder.profile, isDetailed: true),
            window: UsageSummary(window[index], at: index, recorder.profile, isDetailed: true)))))
  }

  /// `POST /v1/experts/reset`: forgets the usage so far.
  func resetExperts(_ call: Call) throws(ServiceError) {
    try ready().experts.reset()
    logger.notice("the experts' usage was reset")
    reply(call, .text("reset\n"))
  }

  /// `POST /explain`: one image with one expert's weights over it, as a PNG.
  func explain(_ call: Call, _ body: HTTPBody) throws(ServiceError) {
    let layers = try ready().experts.layers
    let parameters = try ExplainParameters(call.head.query, layers)
    let extras = InferenceExtras(
      explanation: .expert(parameters.expert, layer: parameters.layer), photo: true)
    try infer(call, body, amplification: 0) { call, served, body throws(ServiceError) in
      let images = try ImageBody(body.bytes, contentType: call.head.headers["content-type"])
      guard !images.isForm, let image = images.parts.first else {
        throw .badRequest("/explain takes one image as the body, not a form")
      }
      return Question(sources: [.encoded(image.bytes)], extras: extras) { results in
        switch results[0] {
        case .failure(let error): self.fail(call, error)
        case .success(let answer):
          self.explaining(call) { self.draw(call, answer, parameters, results) }
        }
      }
    }
  }

  private func draw(
    _ call: Call, _ answer: ImageAnswer, _ parameters: ExplainParameters, _ results: [ImageOutcome]
  ) {
    guard let photo = answer.photo, let layers = call.served?.experts.layers,
      let weights = answer.inference.experts[parameters.layer].first,
      let png = ExpertOverlay(photo, weights, of: layers[parameters.layer]).image.png()
    else { return fail(call, .internal) }
    var response = HTTPResponse.bytes(png, contentType: "image/png")
    describe(results, call, in: &response)
    reply(call, response)
  }

  private func usages(_ reading: ExpertRecorder.Reading, _ recorder: ExpertRecorder) -> (
    lifetime: [LayerUsage?], window: [LayerUsage?]
  ) {
    func usage(_ totals: UsageTotals) -> [LayerUsage?] {
      zip(recorder.layers, totals.layers).map { LayerUsage($0, $1, imageCount: totals.imageCount) }
    }
    return (usage(reading.lifetime), usage(reading.window))
  }
}
