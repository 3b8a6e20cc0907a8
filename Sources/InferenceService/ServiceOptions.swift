import ImageInput
import SoftMoEViT

/// What a service takes and with how much.
public struct ServiceOptions: Sendable {
  /// Images in a batch.
  public var maxBatch = 32
  /// Images accepted that wait for a batch; a request beyond them is refused with 429.
  public var maxQueue = 256
  /// Images in one request; one of more is refused with 413.
  public var maxImagesPerRequest = 64
  /// Bytes of accepted bodies that are not decoded yet; a request beyond them is refused with 429.
  public var maxPendingBytes = 512 << 20
  /// From a request's arrival until its answer is due; a request may ask for less.
  public var requestTimeout = Duration.seconds(30)
  /// How long the engine may stand still with work to do before `/livez` says so.
  public var watchdog = Duration.seconds(120)
  /// Threads of the engine.
  public var threadCount = 1
  /// Who multiplies.
  public var kernels = KernelChoice.auto
  /// Threads that decode images.
  public var decodeThreadCount = 1
  /// How faithfully JPEGs are decoded.
  public var decodeMode = DecodeMode.exact
  /// What an image may cost.
  public var imageLimits = ImageLimits()
  /// Bytes in a body.
  public var bodyLimit = 32 << 20
  /// How finely `/metrics` tells what the experts do.
  public var expertMetrics = ExpertMetricsLevel.expert
  /// Most time series of experts; a level with more gives way to the next coarser one.
  public var metricsSeriesLimit = 10_000
  /// How much of the past the experts' gauges and the window of `/v1/experts` speak of.
  public var expertWindow = Duration.seconds(300)
  /// Whether `/` answers the page.
  public var hasPage = true
  /// Whether probes and metrics are answered on the main port too.
  public var hasProbesOnMainPort = true
  /// The origin whose pages may read answers; nil for none but the server's own.
  public var corsOrigin: String?
  /// The version to tell.
  public var version = ""

  /// The defaults.
  public init() {}
}
