import Checkpoint
import Inference
import Metrics

extension ServedModel {
  /// The weights' identity in hexadecimal.
  package var weightsName: String { hexadecimal(identity) }
}

extension ClassificationService {
  /// What `/info` tells.
  func info() throws(ServiceError) -> InfoResponse {
    let loaded = try ready()
    let model = loaded.model
    let configuration = model.network.configuration
    return InfoResponse(
      version: options.version,
      model: InfoResponse.Model(
        name: model.name, weights: model.weightsName, imageHeight: configuration.imageHeight,
        imageWidth: configuration.imageWidth, patchSize: configuration.patchSize, width: configuration.width,
        depth: configuration.depth, moeLayers: configuration.moeLayers,
        expertCount: configuration.moe?.expertCount, slotsPerExpert: configuration.moe?.slotsPerExpert,
        classCount: configuration.classCount, labels: model.labels, provenance: model.provenance),
      preprocessing: model.preprocessing,
      engine: InfoResponse.Engine(
        kernels: loaded.kernels.name, isBatchInvariant: loaded.kernels.isBatchInvariant),
      limits: InfoResponse.Limits(
        maxBatch: options.maxBatch, maxQueue: options.maxQueue,
        maxImagesPerRequest: options.maxImagesPerRequest, maxBodyBytes: options.bodyLimit,
        maxPixels: options.imageLimits.maxPixels, threads: options.threadCount,
        decodeThreads: options.decodeThreadCount, requestTimeoutSeconds: options.requestTimeout.seconds,
        decode: options.decodeMode.rawValue))
  }

  /// One line for the log: what serves, with how much.
  func summary(of loaded: LoadedModel) -> String {
    let mebibytes = (loaded.workspaceByteCount + (1 << 19)) >> 20
    let promise = loaded.kernels.isBatchInvariant ? "the same" : "maybe other"
    return
      "\(loaded.model.name) (weights \(loaded.model.weightsName)): kernels \(loaded.kernels.name), "
      + "\(promise) bits in every batch, batches of up to \(options.maxBatch), "
      + "\(options.threadCount) engine and \(options.decodeThreadCount) decode threads, "
      + "\(mebibytes) MiB of workspace, expert metrics by \(loaded.metricsLevel.rawValue) in "
      + "\(loaded.seriesCount(loaded.metricsLevel)) series"
  }
}
