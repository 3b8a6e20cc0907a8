import Inference
import Synchronization

/// The statistics of the models that serve, each kept apart: what an old model still answers is not the new one's.
final class StatisticsBook: Sendable {
  private let pages = Mutex<[Int: InferenceStatistics]>([:])
  /// So many models are remembered; an older one has long answered what it had accepted.
  private static let limit = 4

  func open(_ served: Served) {
    pages.withLock { pages in
      pages[served.running.id] = served.statistics
      if pages.count > Self.limit, let oldest = pages.keys.min() { pages[oldest] = nil }
    }
  }

  func observe(_ event: InferenceEvent) {
    switch event {
    case .decoded(let model, let duration, true): self[model]?.decoded(duration)
    case .ran(let model, let timings): self[model]?.ran(timings)
    case .decoded, .refused, .dropped, .notFinite: break
    }
  }

  private subscript(model: Int) -> InferenceStatistics? { pages.withLock { $0[model] } }
}
