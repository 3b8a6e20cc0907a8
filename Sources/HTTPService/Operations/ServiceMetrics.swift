import Inference
import Metrics

/// The service's metrics, declared once. README.md says what each measures.
struct ServiceMetrics: Sendable {
  let requests: CounterFamily
  let requestDuration, decodeDuration, queueDuration, inferenceDuration: Histogram
  let batchSize: Histogram
  let rejected, dropped: CounterFamily

  /// Seconds, from a cached thumbnail on a small model to a large batch on a large one.
  private static let seconds = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
  ]

  init(_ registry: MetricsRegistry) {
    requests = registry.counters(
      "softmoe_requests_total", "Requests answered, by route and status code.", labels: ["route", "code"])
    requestDuration = registry.histogram(
      "softmoe_request_duration_seconds",
      "From the arrival of an inference's head until its answer is made, errors included.",
      buckets: Self.seconds)
    decodeDuration = registry.histogram(
      "softmoe_decode_duration_seconds", "Decoding, resizing and normalising one image.",
      buckets: Self.seconds)
    queueDuration = registry.histogram(
      "softmoe_queue_duration_seconds", "From decoded until the image's batch began.",
      buckets: Self.seconds)
    inferenceDuration = registry.histogram(
      "softmoe_inference_duration_seconds", "The forward pass of the whole batch, once an image.",
      buckets: Self.seconds)
    batchSize = registry.histogram(
      "softmoe_batch_size", "Images in the batch, once a batch.",
      buckets: [1, 2, 4, 8, 16, 32, 64, 128])
    rejected = registry.counters(
      "softmoe_rejected_total", "Requests refused before any work.", labels: ["reason"])
    dropped = registry.counters(
      "softmoe_dropped_total", "Images accepted that did not run.", labels: ["reason"])
    // A counter that appears with its first event hides that event from Prometheus' rate.
    for reason in ["queue_full", "deadline", "impossible"] { _ = rejected(reason) }
    for reason in ["client_gone", "deadline", "not_finite"] { _ = dropped(reason) }
  }
}

extension ServiceMetrics {
  /// What happens to requests and images, as numbers.
  func observe(_ event: InferenceEvent) {
    switch event {
    case .refused(.full): rejected("queue_full").increment()
    case .refused(.late): rejected("deadline").increment()
    case .refused(.impossible): rejected("impossible").increment()
    case .decoded(_, let duration, _): decodeDuration.observe(duration)
    case .ran(_, let timings):
      for timing in timings {
        queueDuration.observe(timing.queueDuration)
        inferenceDuration.observe(timing.inferenceDuration)
      }
      batchSize.observe(Double(timings.count))
    case .dropped(.abandoned): dropped("client_gone").increment()
    case .dropped(.expired): dropped("deadline").increment()
    case .notFinite: dropped("not_finite").increment()
    }
  }
}
