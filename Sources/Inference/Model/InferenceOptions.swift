import ImageInput
import SoftMoEViT

/// With how much a machine infers.
package struct InferenceOptions: Sendable {
  /// Images in a batch.
  package var maxBatch = 32
  /// Images accepted that have not begun to run.
  package var maxQueue = 256
  /// Threads of the engine.
  package var threadCount = 1
  /// Who multiplies.
  package var kernels = KernelChoice.auto
  /// Threads that read requests, decode images and draw.
  package var decodeThreadCount = 1
  /// Bytes that they may hold together.
  package var decodingBytes = 448 << 20
  /// How faithfully JPEGs are decoded.
  package var decodeMode = DecodeMode.exact
  /// What an image may cost.
  package var imageLimits = ImageLimits()
  /// How much of the past the experts' window speaks of.
  package var expertWindow = Duration.seconds(300)

  /// The defaults.
  package init() {}

  /// What the scheduler has to go by.
  var scheduling: Scheduler.Limits {
    Scheduler.Limits(
      maxBatch: maxBatch, maxQueue: maxQueue, preparerCount: decodeThreadCount,
      preparationBytes: decodingBytes)
  }
}

extension Machine {
  /// A machine for models that are run with these options.
  ///
  /// - Throws: `MachineError`.
  package convenience init(_ options: InferenceOptions) throws(MachineError) {
    try self.init(options.scheduling, threadCount: options.threadCount, kernels: options.kernels)
  }
}
