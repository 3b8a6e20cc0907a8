import LoadGenerator
import PlainText

/// Latency percentiles over the load, and below them the answers a second, as a drawing.
package struct LoadChart {
  package let svg: String

  package init(_ report: LoadReport) {
    let levels = report.levels
    let isOpen = levels.contains { $0.rate != nil }
    let labels = levels.map { $0.rate.map(shortest) ?? "\($0.connections)" }
    let xTitle = isOpen ? "requests/s asked for" : "connections, each sending again when its answer has come"
    let percentiles: [(String, KeyPath<LatencySummary, Double>)] = [
      ("p50", \.p50), ("p95", \.p95), ("p99", \.p99),
    ]
    svg = LineChart.svg([
      LineChart(
        title: "\(report.url): latency of good answers", xTitle: xTitle, yTitle: "ms", labels: labels,
        curves: percentiles.map { name, percentile in
          LineChart.Curve(name: name, values: levels.map { $0.latency?[keyPath: percentile] })
        }, isLogarithmic: true),
      LineChart(
        title: "\(report.url): good answers a second", xTitle: xTitle, yTitle: "answers/s", labels: labels,
        curves: [LineChart.Curve(name: "answers", values: levels.map(\.answersPerSecond))]
          + (isOpen ? [LineChart.Curve(name: "asked for", values: levels.map(\.rate), isLimit: true)] : [])),
    ])
  }
}
