import Synchronization

/// A value that only grows.
package final class Counter: Sendable {
  private let value = Mutex(0.0)

  init() {}

  /// Adds `amount`, which is not negative.
  package func increment(by amount: Double = 1) {
    value.withLock { $0 += amount }
  }

  var current: Double { value.withLock { $0 } }
}

/// Counters under one name, one for each combination of label values.
package final class CounterFamily: MetricFamily {
  let name, help: String
  let kind = MetricKind.counter
  private let labelNames: [String]
  private let children = Mutex<[(values: [String], counter: Counter)]>([])

  init(name: String, help: String, labelNames: [String]) {
    (self.name, self.help, self.labelNames) = (name, help, labelNames)
  }

  /// The counter with these label values, in the order of the declaration.
  ///
  /// Every combination lives as long as the process: pass no text that a client chose.
  package func callAsFunction(_ values: String...) -> Counter {
    precondition(values.count == labelNames.count, "\(name) has the labels \(labelNames)")
    return children.withLock { children in
      if let child = children.first(where: { $0.values == values }) { return child.counter }
      let counter = Counter()
      children.append((values, counter))
      return counter
    }
  }

  func samples() -> [Sample] {
    children.withLock { $0 }.map { child in
      Sample(zip(labelNames, child.values).map { (name: $0, value: $1) }, child.counter.current)
    }
  }
}
