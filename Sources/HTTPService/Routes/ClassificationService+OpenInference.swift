import Inference
import MicroHTTP

/// KServe's Open Inference Protocol v2, with Triton's extensions.
extension ClassificationService {
  /// `GET /v2`
  func serverMetadata(_ call: Call) {
    reply(call, .json(ServerMetadata(name: "softmoe", version: options.version)))
  }

  /// `GET /v2/health/live`
  func serverLive(_ call: Call) throws(ServiceError) {
    try checkProgress()
    reply(call, .json(ServerLive(live: true)))
  }

  /// `GET /v2/health/ready`
  func serverReady(_ call: Call) throws(ServiceError) {
    if let notReady { throw .notReady(notReady) }
    reply(call, .json(["ready": true]))
  }

  /// `GET /v2/models/{model}`
  func modelMetadata(_ call: Call) throws(ServiceError) {
    let model = try named(call).model
    let configuration = model.network.configuration
    reply(
      call,
      .json(
        ModelMetadata(
          name: model.name, versions: [model.weightsName], platform: "softmoe",
          height: configuration.imageHeight, width: configuration.imageWidth,
          classCount: configuration.classCount, featureCount: configuration.featureWidth)))
  }

  /// `GET /v2/models/{model}/ready`
  func modelReady(_ call: Call) throws(ServiceError) {
    let model = try named(call).model
    if let notReady { throw .notReady(notReady) }
    reply(call, .json(ModelReady(name: model.name, ready: true)))
  }

  /// `GET /v2/models/{model}/stats`
  func modelStatistics(_ call: Call) throws(ServiceError) {
    let served = try named(call)
    let model = served.model
    let statistics = served.statistics.snapshot(name: model.name, version: model.weightsName)
    reply(call, .json(ModelStatistics(models: [statistics])))
  }

  /// `POST /v2/models/{model}/infer`
  func inferTensors(_ call: Call, _ body: HTTPBody) throws(ServiceError) {
    _ = try named(call)
    // A number takes two bytes of JSON at least, and is held as it is read, in an array that grows, and interleaved.
    try infer(call, body, amplification: 6) { call, served, body throws(ServiceError) in
      let request = try self.inferRequest(
        call.head.headers, body.bytes,
        InferRequest.Output.all(classCount: served.model.network.configuration.classCount))
      let extras = InferenceExtras(features: request.outputs.contains { $0.output == .features })
      return Question(sources: try self.imageSources(request.input, served.model), extras: extras) {
        results in
        self.answer(call, served.model, request, results)
      }
    }
  }

  private func answer(
    _ call: Call, _ model: OpenedModel, _ request: InferRequest, _ results: [ImageOutcome]
  ) {
    var inferences: [Inference] = []
    for result in results {
      // The protocol knows no answer to a part of a request.
      switch result {
      case .success(let answer): inferences.append(answer.inference)
      case .failure(let error): return fail(call, error)
      }
    }
    let answer = InferResponse(
      modelName: model.name, modelVersion: model.weightsName, id: request.id,
      outputs: request.outputs.map { output in
        InferResponse.Tensor(
          output, values: inferences.flatMap { $0.values(of: output.output) }, imageCount: inferences.count,
          labels: model.labels)
      })
    guard let message = try? answer.message() else { return fail(call, .internal) }
    var response = HTTPResponse.bytes(message.body, contentType: message.contentType)
    if let length = message.headerLength {
      response.headers["Inference-Header-Content-Length"] = String(length)
    }
    describe(results, call, in: &response)
    reply(call, response)
  }

  /// The model, when it is the one that the path names, in its version if one is named.
  private func named(_ call: Call) throws(ServiceError) -> Served {
    let served = try ready()
    let (name, version) = (call.parameters["model"], call.parameters["version"])
    guard name == served.model.name, version == nil || version == served.model.weightsName else {
      throw .unknownModel(served: served.model.name, version: served.model.weightsName)
    }
    return served
  }

  private func inferRequest(_ headers: HTTPFields, _ body: [UInt8], _ outputs: [InferRequest.Output])
    throws(ServiceError) -> InferRequest
  {
    do throws(InferRequestError) {
      return try InferRequest.decode(
        body: body, headerLength: headers["inference-header-content-length"],
        limits: InferRequest.Limits(imageCount: options.maxImagesPerRequest, outputs: outputs))
    } catch {
      throw .badRequest(error.description)
    }
  }

  private func imageSources(_ input: InferRequest.Input, _ model: OpenedModel) throws(ServiceError)
    -> [ImageSource]
  {
    switch input {
    case .images(let images): return images.map { .encoded($0) }
    case .pixels(let shape, let values):
      let configuration = model.network.configuration
      let (height, width) = (configuration.imageHeight, configuration.imageWidth)
      guard shape.dimensions.dropFirst() == [3, height, width] else {
        throw .badRequest(
          "inputs[0].shape: expected [n, 3, \(height), \(width)], the model's size, found "
            + "\(shape.dimensions); 'image' takes photos of every size")
      }
      return (0..<shape.dimensions[0]).map { image in
        .pixels(interleaved(values, from: image * 3 * height * width, plane: height * width))
      }
    }
  }
}

/// [3, H, W] → [H, W, 3].
private func interleaved(_ values: [Float], from start: Int, plane: Int) -> [Float] {
  var pixels = [Float](repeating: 0, count: 3 * plane)
  for channel in 0..<3 {
    for index in 0..<plane { pixels[3 * index + channel] = values[start + channel * plane + index] }
  }
  return pixels
}

extension Inference {
  fileprivate func values(of output: InferRequest.Output) -> [Float] {
    switch output {
    case .logits: logits
    case .probabilities: softmax(logits)
    case .features: features
    }
  }
}
