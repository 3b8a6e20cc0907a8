import Checkpoint

extension ServedModel {
  /// The weights' identity in hexadecimal.
  public var weightsName: String { hexadecimal(identity) }
}

extension ClassificationService {
  /// What `/info` tells.
  var info: InfoResponse {
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
        kernels: options.kernels.name, isBatchInvariant: options.kernels.isBatchInvariant),
      limits: InfoResponse.Limits(
        maxBatch: options.maxBatch, maxPending: options.maxPending, maxBodyBytes: options.bodyLimit,
        maxPixels: options.imageLimits.maxPixels, threads: options.threadCount,
        decodeThreads: options.decodeThreadCount, decode: options.decodeMode.rawValue))
  }
}

extension ClassificationService {
  /// One line for the log: what serves, with how much.
  public var summary: String {
    let mebibytes = (workspaceByteCount + (1 << 19)) >> 20
    let promise = options.kernels.isBatchInvariant ? "the same" : "maybe other"
    return
      "\(model.name) (weights \(model.weightsName)): kernels \(options.kernels.name), \(promise) bits in "
      + "every batch, batches of up to \(options.maxBatch), "
      + "\(options.threadCount) engine and \(options.decodeThreadCount) decode threads, "
      + "\(mebibytes) MiB of workspace"
  }
}
