import Synchronization

/// How often values fell below each of some bounds; adds up across replicas.
package final class Histogram: MetricFamily {
  let name, help: String
  let kind = MetricKind.histogram
  private let bounds: [Double]
  private let state: Mutex<State>

  private struct State {
    var counts: [Int]
    var sum = 0.0
  }

  init(name: String, help: String, bounds: [Double]) {
    precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "\(name): bounds ascend")
    (self.name, self.help, self.bounds) = (name, help, bounds)
    state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
  }

  /// Counts one value.
  package func observe(_ value: Double) {
    let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
    state.withLock {
      $0.counts[bucket] += 1
      $0.sum += value
    }
  }

  /// Counts one duration, in seconds.
  package func observe(_ duration: Duration) { observe(duration.seconds) }

  func samples() -> [Sample] {
    let state = state.withLock { $0 }
    var samples: [Sample] = []
    var cumulative = 0
    for (bound, count) in zip(bounds + [.infinity], state.counts) {
      cumulative += count
      samples.append(
        Sample(suffix: "_bucket", labels: [("le", formatted(bound))], value: Double(cumulative)))
    }
    samples.append(Sample(suffix: "_sum", labels: [], value: state.sum))
    samples.append(Sample(suffix: "_count", labels: [], value: Double(cumulative)))
    return samples
  }
}

extension Duration {
  /// The duration in seconds, with its fraction.
  package var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
