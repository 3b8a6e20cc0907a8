import SoftMoEViT
import Synchronization

/// What the experts of a model do, from the router's own weights for every image it answers.
package final class ExpertRecorder: Sendable {
  package let layers: [RoutedLayer]
  /// What the usage is compared with.
  package let profile: UsageProfile?
  package let windowLength: Duration
  private let history: Mutex<UsageHistory>

  /// The usage so far.
  package struct Reading {
    package let lifetime, window: UsageTotals
  }

  package init(_ model: ModelConfiguration, profile: UsageProfile?, windowLength: Duration) {
    (layers, self.profile, self.windowLength) = (RoutedLayer.all(of: model), profile, windowLength)
    history = Mutex(UsageHistory(of: layers, windowLength: windowLength, start: .now))
  }

  /// Counts the images of a batch in.
  package func record(_ images: [[LayerRouting]]) {
    history.withLock { history in
      let now = ContinuousClock.now
      for image in images { history.add(image, at: now) }
    }
  }

  /// Forgets everything.
  package func reset() {
    history.withLock { $0 = UsageHistory(of: layers, windowLength: windowLength, start: .now) }
  }

  package var reading: Reading {
    history.withLock { Reading(lifetime: $0.lifetime, window: $0.window(at: .now)) }
  }
}
