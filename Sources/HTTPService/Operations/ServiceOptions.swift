import Inference

/// What a service takes and with how much.
package struct ServiceOptions: Sendable {
  /// With how much it infers.
  package var inference = InferenceOptions()
  /// Images in one request; one of more is refused with 413.
  package var maxImagesPerRequest = 64
  /// Bytes of all bodies, from the head of a request until its images are decoded; a body beyond them gets 503.
  package var maxPendingBytes = 256 << 20
  /// From a request's arrival until its answer is due; a request may ask for less.
  package var requestTimeout = Duration.seconds(30)
  /// How long the machine may stand still with work to do before `/livez` says so.
  package var watchdog = Duration.seconds(120)
  /// Bytes in a body.
  package var bodyLimit = 32 << 20
  /// How finely `/metrics` tells what the experts do.
  package var expertMetrics = ExpertMetricsLevel.expert
  /// Most time series of experts; a level with more gives way to the next coarser one.
  package var metricsSeriesLimit = 10_000
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
