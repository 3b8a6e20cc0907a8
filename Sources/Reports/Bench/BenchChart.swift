/// Images a second over the batch size, measured and allowed, as a drawing.
package struct BenchChart {
  package let svg: String

  package init(_ report: BenchReport) {
    svg = LineChart.svg([
      LineChart(
        title: "\(report.model), \(report.kernels), \(report.threads) threads", xTitle: "images a batch",
        yTitle: "images/s", labels: report.runs.map { "\($0.batch)" },
        curves: [
          LineChart.Curve(name: "measured", values: report.runs.map(\.imagesPerSecond)),
          LineChart.Curve(
            name: "roofline", values: report.runs.map { Double($0.batch) / $0.rooflineSeconds }, isLimit: true
          ),
        ])
    ])
  }
}
