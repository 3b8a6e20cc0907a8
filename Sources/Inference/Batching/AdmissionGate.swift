import Synchronization

/// The one place where requests are let in: `Admission` with a lock and a clock.
package final class AdmissionGate: Sendable {
  /// What becomes of a request on arrival.
  package enum Decision: Sendable, Equatable {
    /// It is in; hand it to the batcher, or release it.
    case admitted
    /// No room for its images now; worth another try after so long.
    case full(retryAfter: Duration)
    /// It would be answered after its deadline; worth another try after so long.
    case late(retryAfter: Duration)
    /// Even an idle engine would need so long, more than the request gives.
    case impossible(Duration)
  }

  /// Most images in a batch.
  package let maxBatch: Int
  private let start = ContinuousClock.now
  private let state: Mutex<Admission>

  /// - Parameters:
  ///   - maxBatch: most images in a batch.
  ///   - limit: most images that wait for one.
  package init(maxBatch: Int, limit: Int) {
    self.maxBatch = maxBatch
    state = Mutex(Admission(maxBatch: maxBatch, limit: limit))
  }

  /// Takes a request in, or says why not.
  package func admit(imageCount: Int, deadline: ContinuousClock.Instant) -> Decision {
    let (now, due) = (seconds(.now), seconds(deadline))
    return switch state.withLock({ $0.admit(imageCount: imageCount, now: now, deadline: due) }) {
    case .admitted: .admitted
    case .full(let seconds): .full(retryAfter: .seconds(seconds))
    case .late(let seconds): .late(retryAfter: .seconds(seconds))
    case .impossible(let seconds): .impossible(.seconds(seconds))
    }
  }

  /// Gives back images that were admitted and will not run.
  package func release(imageCount: Int) { state.withLock { $0.release(imageCount: imageCount) } }

  /// Teaches what a batch costs before the first request.
  package func learn(imageCount: Int, _ duration: Duration) {
    state.withLock { $0.learn(imageCount: imageCount, seconds: duration / .seconds(1)) }
  }

  /// Images accepted that wait for a batch, those that are still being decoded included.
  package var waiting: Int { state.withLock { $0.waiting } }

  /// For how long no batch has begun or ended although there is work; zero without any.
  package var standstill: Duration {
    let now = seconds(.now)
    return .seconds(state.withLock { $0.standstill(now: now) })
  }

  /// The fitted cost of a batch: seconds an image, and seconds a batch.
  package var cost: (perImage: Double, perBatch: Double) {
    state.withLock { ($0.cost.perImage, $0.cost.perBatch) }
  }

  /// How long a batch may wait for images that are being decoded: half of what another batch would cost.
  var patience: Duration { .seconds(state.withLock { $0.cost.perBatch / 2 }) }

  func predictedBatch(imageCount: Int) -> Duration {
    .seconds(state.withLock { $0.predictedBatch(imageCount: imageCount) })
  }

  func began(imageCount: Int) {
    let now = seconds(.now)
    state.withLock { $0.began(imageCount: imageCount, now: now) }
  }

  func ended(after duration: Duration) {
    let now = seconds(.now)
    state.withLock { $0.ended(now: now, seconds: duration / .seconds(1)) }
  }

  private func seconds(_ instant: ContinuousClock.Instant) -> Double {
    start.duration(to: instant) / .seconds(1)
  }
}
