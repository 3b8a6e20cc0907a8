import Inference
import Metrics

extension ClassificationService {
  /// What `/info` tells.
  func info() throws(ServiceError) -> InfoResponse {
    let served = try ready()
    let model = served.model
    let configuration = model.network.configuration
    let limits = options.inference.imageLimits
    let experts = served.experts.layers.first.map { LayerSizes($0) }
    return InfoResponse(
      version: options.version,
      model: InfoResponse.Model(
        name: model.name, weights: model.weightsName, verified: model.verification.rawValue,
        imageHeight: configuration.imageHeight,
        imageWidth: configuration.imageWidth, patchSize: configuration.patchSize, width: configuration.width,
        depth: configuration.depth, moeLayers: configuration.moeLayers,
        router: experts?.router.rawValue, expertCount: experts?.expertCount,
        slotsPerExpert: experts?.slotsPerExpert, selectedExperts: experts?.selectedExperts,
        expertCapacity: experts?.capacity,
        classCount: configuration.classCount, labels: model.labels, provenance: model.provenance),
      preprocessing: model.preprocessing,
      engine: InfoResponse.Engine(
        kernels: served.running.kernels.name, isBatchInvariant: served.running.kernels.isBatchInvariant),
      limits: InfoResponse.Limits(
        maxBatch: options.inference.maxBatch, maxQueue: options.inference.maxQueue,
        maxImagesPerRequest: options.maxImagesPerRequest, maxBodyBytes: options.bodyLimit,
        maxPendingBytes: options.maxPendingBytes, maxDecodingBytes: options.inference.decodingBytes,
        maxPixels: limits.maxPixels, maxSide: limits.maxSide,
        maxJPEGScans: limits.maxJPEGScans,
        threads: options.inference.threadCount, decodeThreads: options.inference.decodeThreadCount,
        requestTimeoutSeconds: options.requestTimeout.seconds,
        decode: options.inference.decodeMode.rawValue))
  }

  /// One line for the log: what serves, with how much.
  func summary(of served: Served) -> String {
    let kernels = served.running.kernels
    let promise = kernels.isBatchInvariant ? "the same" : "maybe other"
    let limits = options.inference
    return [
      "\(served.model.name) (weights \(served.model.weightsName), verified: \(served.model.verification.rawValue))",
      "kernels \(kernels.name), \(promise) bits in every batch", "batches of up to \(limits.maxBatch)",
      "\(limits.threadCount) engine and \(limits.decodeThreadCount) decode threads",
      "expert metrics by \(served.metricsLevel.rawValue) in \(served.seriesCount(served.metricsLevel)) series",
    ].joined(separator: ", ")
  }

  /// What the process holds at most.
  ///
  /// - Parameter connectionBytes: of all connections that may be open.
  package func memory(connectionBytes: Int) -> MemoryPlan? {
    current.map { served in
      let network = served.model.network.configuration
      return MemoryPlan(
        weights: served.model.byteCount, workspace: served.running.workspaceByteCount,
        bodies: options.maxPendingBytes, decoding: options.inference.decodingBytes,
        images: (options.inference.maxQueue + 2 * options.inference.maxBatch) * network.imageHeight
          * network.imageWidth * 3 * MemoryLayout<Float>.size,
        connections: connectionBytes)
    }
  }
}
