import ImageInput
import SoftMoEViT

/// What a service takes and with how much.
package struct ServiceOptions: Sendable {
  /// Images in a batch.
  package var maxBatch = 32
  /// Images accepted that wait for a batch; a request beyond them is refused with 429.
  package var maxQueue = 256
  /// Images in one request; one of more is refused with 413.
  package var maxImagesPerRequest = 64
  /// Bytes of accepted bodies that are not decoded yet; a request beyond them is refused with 429.
  package var maxPendingBytes = 512 << 20
  /// From a request's arrival until its answer is due; a request may ask for less.
  package var requestTimeout = Duration.seconds(30)
  /// How long the engine may stand still with work to do before `/livez` says so.
  package var watchdog = Duration.seconds(120)
  /// Threads of the engine.
  package var threadCount = 1
  /// Who multiplies.
  package var kernels = KernelChoice.auto
  /// Threads that decode images.
  package var decodeThreadCount = 1
  /// How faithfully JPEGs are decoded.
  package var decodeMode = DecodeMode.exact
  /// What an image may cost.
  package var imageLimits = ImageLimits()
  /// Bytes in a body.
  package var bodyLimit = 32 << 20
  /// How finely `/metrics` tells what the experts do.
  package var expertMetrics = ExpertMetricsLevel.expert
  /// Most time series of experts; a level with more gives way to the next coarser one.
  package var metricsSeriesLimit = 10_000
  /// How much of the past the experts' gauges and the window of `/v1/experts` speak of.
  package var expertWindow = Duration.seconds(300)
  /// Whether `/` answers the page.
  package var hasPage = true
  /// Whether probes and metrics are answered on the main port too.
  package var hasProbesOnMainPort = true
  /// The origin whose pages may read answers; nil for none but the server's own.
  package var corsOrigin: String?
  /// The version to tell.
  package var version = ""

  /// The defaults.
  package init() {}
}
