/// Images a second over the batch size, measured and allowed, as a drawing.
struct BenchChart {
  private static let (width, height, margin) = (640.0, 360.0, 56.0)
  private let report: BenchReport
  private let top: Double

  init(_ report: BenchReport) {
    self.report = report
    top = report.runs.map { Double($0.batch) / min($0.rooflineSeconds, $0.seconds) }.max() ?? 1
  }

  var svg: String {
    let (width, height, margin) = (Self.width, Self.height, Self.margin)
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Int(width)) \(Int(height))\" "
        + "font-family=\"sans-serif\" font-size=\"12\">",
      "<title>\(escaped(report.model)): images a second over batch size</title>",
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
      text(width / 2, 20, "\(escaped(report.model)), \(report.kernels), \(report.threads) threads", "middle"),
      text(width / 2, height - 8, "images a batch", "middle"),
      text(8, 36, "images/s", "start"),
    ]
    for (index, run) in report.runs.enumerated() {
      lines.append(text(x(index), height - margin + 18, "\(run.batch)", "middle"))
    }
    for share in [0, 0.25, 0.5, 0.75, 1] {
      let place = y(share * top)
      lines.append(
        "<line x1=\"\(margin)\" x2=\"\(width - 16)\" y1=\"\(place)\" y2=\"\(place)\" stroke=\"#ddd\"/>")
      lines.append(text(margin - 6, place + 4, tenths(share * top), "end"))
    }
    lines.append(curve("#999", report.runs.map { Double($0.batch) / $0.rooflineSeconds }, dash: "5 4"))
    lines.append(curve("#0a6", report.runs.map(\.imagesPerSecond), dash: "none"))
    lines.append(text(width - 20, 36, "grey: what the machine allows", "end"))
    return (lines + ["</svg>", ""]).joined(separator: "\n")
  }

  private func x(_ index: Int) -> Double {
    let span = Self.width - Self.margin - 40
    return Self.margin + 12 + span * Double(index) / Double(max(1, report.runs.count - 1))
  }

  private func y(_ value: Double) -> Double {
    Self.height - Self.margin - (Self.height - 2 * Self.margin) * value / top
  }

  private func curve(_ colour: String, _ values: [Double], dash: String) -> String {
    let points = values.enumerated().map { "\(tenths(x($0))),\(tenths(y($1)))" }.joined(separator: " ")
    return "<polyline fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\" stroke-dasharray=\"\(dash)\" "
      + "points=\"\(points)\"/>"
  }

  private func text(_ x: Double, _ y: Double, _ text: String, _ anchor: String) -> String {
    "<text x=\"\(tenths(x))\" y=\"\(tenths(y))\" text-anchor=\"\(anchor)\">\(text)</text>"
  }

  private func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
  }
}
