/// One named metric: what a scrape asks of it.
protocol MetricFamily: Sendable {
  var name: String { get }
  var help: String { get }
  var kind: MetricKind { get }
  /// The lines of the metric at this moment.
  func samples() -> [Sample]
}

/// The types of Prometheus' text format that are used here.
package enum MetricKind: String, Sendable {
  /// It only grows.
  case counter
  /// It goes up and down.
  case gauge
  /// Cumulative buckets, a sum and a count.
  case histogram
}

/// One line of a scrape.
package struct Sample: Sendable, Equatable {
  /// What follows the family's name, as "_bucket".
  let suffix: String
  /// Label names and values, in order.
  let labels: [(name: String, value: String)]
  /// The value.
  let value: Double

  /// A value without labels.
  package init(_ value: Double) { self.init([], value) }

  /// A value with labels.
  package init(_ labels: [(name: String, value: String)], _ value: Double) {
    self.init(suffix: "", labels: labels, value: value)
  }

  init(suffix: String, labels: [(name: String, value: String)], value: Double) {
    (self.suffix, self.labels, self.value) = (suffix, labels, value)
  }

  /// Equal in every part.
  package static func == (a: Sample, b: Sample) -> Bool {
    a.suffix == b.suffix && a.value == b.value && a.labels.elementsEqual(b.labels, by: ==)
  }
}
