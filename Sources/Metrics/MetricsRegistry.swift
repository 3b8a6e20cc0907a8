import Synchronization

/// The metrics of a process, in the order in which they were declared.
///
/// Values are declared once, with name, help, labels and buckets, and used through what the declaration
/// returns; no name is spelt at a place of use.
package final class MetricsRegistry: Sendable {
  private let families = Mutex<[any MetricFamily]>([])

  /// An empty registry.
  package init() {}

  /// Declares a counter without labels.
  package func counter(_ name: String, _ help: String) -> Counter {
    counters(name, help, labels: [])()
  }

  /// Declares counters that differ by labels.
  package func counters(_ name: String, _ help: String, labels: [String]) -> CounterFamily {
    let family = CounterFamily(name: name, help: help, labelNames: labels)
    register(family)
    return family
  }

  /// Declares a histogram.
  ///
  /// - Parameter buckets: ascending upper bounds, without +Inf.
  package func histogram(_ name: String, _ help: String, buckets: [Double]) -> Histogram {
    let family = Histogram(name: name, help: help, bounds: buckets)
    register(family)
    return family
  }

  /// Declares a metric whose samples are computed at each scrape.
  package func observed(
    _ name: String, _ help: String, _ kind: MetricKind, samples: @escaping @Sendable () -> [Sample]
  ) {
    precondition(kind != .histogram, "a histogram is declared with its buckets")
    register(ObservedFamily(name: name, help: help, kind: kind, observe: samples))
  }

  /// Declares a gauge that is read at each scrape.
  package func gauge(_ name: String, _ help: String, value: @escaping @Sendable () -> Double) {
    observed(name, help, .gauge) { [Sample(value())] }
  }

  /// What was declared, whether it has samples yet or not.
  package var declared: [(name: String, kind: MetricKind)] {
    families.withLock { $0.map { ($0.name, $0.kind) } }
  }

  /// The page for a scrape.
  ///
  /// - Source: Prometheus' text exposition format, version 0.0.4.
  package func text() -> String {
    var page = ""
    for family in families.withLock({ $0 }) {
      let samples = family.samples()
      if samples.isEmpty { continue }
      page += "# HELP \(family.name) \(escaped(family.help, quotes: false))\n"
      page += "# TYPE \(family.name) \(family.kind.rawValue)\n"
      for sample in samples { append(sample, of: family, to: &page) }
    }
    return page
  }

  /// The content type of `text`.
  package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  private func register(_ family: some MetricFamily) {
    precondition(isValidName(family.name), "'\(family.name)' is no metric name")
    families.withLock { families in
      precondition(!families.contains { $0.name == family.name }, "'\(family.name)' is declared twice")
      families.append(family)
    }
  }

  private func append(_ sample: Sample, of family: any MetricFamily, to page: inout String) {
    page += family.name
    page += sample.suffix
    if !sample.labels.isEmpty {
      page += "{"
      for (index, label) in sample.labels.enumerated() {
        if index > 0 { page += "," }
        page += label.name
        page += "=\""
        page += escaped(label.value, quotes: true)
        page += "\""
      }
      page += "}"
    }
    page += " "
    page += formatted(sample.value)
    page += "\n"
  }
}

/// Samples from a closure.
private struct ObservedFamily: MetricFamily {
  let name, help: String
  let kind: MetricKind
  let observe: @Sendable () -> [Sample]

  func samples() -> [Sample] { observe() }
}

private func isValidName(_ name: String) -> Bool {
  guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
  return name.utf8.allSatisfy {
    (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0) || (0x30...0x39).contains($0)
      || $0 == 0x5F || $0 == 0x3A
  }
}

/// Backslash and line feed escaped; in a label's value the quote too.
private func escaped(_ text: String, quotes: Bool) -> String {
  guard text.utf8.contains(where: { $0 == 0x5C || $0 == 0x0A || (quotes && $0 == 0x22) }) else { return text }
  var result = ""
  for character in text.unicodeScalars {
    switch character {
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\"" where quotes: result += "\\\""
    default: result.unicodeScalars.append(character)
    }
  }
  return result
}

/// A number as Prometheus reads it: whole ones without a fraction.
func formatted(_ value: Double) -> String {
  if value.isNaN { return "NaN" }
  if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
  if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
  return "\(value)"
}
