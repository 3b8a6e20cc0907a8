import PlainText

/// Curves over the values of one parameter, which are spaced evenly however far they lie apart.
struct LineChart {
  struct Curve {
    let name: String
    /// One a label; nil where there is none.
    let values: [Double?]
    /// A bound rather than a measurement: grey and dashed.
    var isLimit = false
  }

  static let (width, height) = (640.0, 340.0)
  private static let (left, right, top, bottom) = (64.0, 24.0, 56.0, 48.0)
  private static let colours = 3

  let title: String
  let xTitle, yTitle: String
  let labels: [String]
  let curves: [Curve]
  private let axis: ValueAxis

  init(
    title: String, xTitle: String, yTitle: String, labels: [String], curves: [Curve],
    isLogarithmic: Bool = false
  ) {
    (self.title, self.xTitle, self.yTitle) = (title, xTitle, yTitle)
    (self.labels, self.curves) = (labels, curves)
    let values = curves.flatMap { $0.values.compactMap(\.self) }
    axis = isLogarithmic ? ValueAxis(decadesAround: values) : ValueAxis(upTo: values.max() ?? 0)
  }

  /// A drawing of charts one below another, without anything from elsewhere; light or dark as its reader's
  /// system is.
  static func svg(_ charts: [LineChart]) -> String {
    let size = "\(Int(width)) \(Int(height) * charts.count)"
    let groups = charts.enumerated().flatMap { index, chart in
      ["<g transform=\"translate(0 \(Int(height) * index))\">"] + chart.elements + ["</g>"]
    }
    let lines =
      [
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(size)\" font-family=\"sans-serif\" "
          + "font-size=\"12\">",
        "<title>\(escaped(charts.map(\.title).joined(separator: "; ")))</title>",
        style, "<rect width=\"100%\" height=\"100%\" class=\"paper\"/>",
      ] + groups
    return (lines + ["</svg>", ""]).joined(separator: "\n")
  }

  private static let style = """
    <style>
    .paper { fill: #fff } text { fill: #222 } .grid { stroke: #ddd }
    polyline { fill: none; stroke-width: 2 }
    .limit { stroke: #888; stroke-dasharray: 5 4 } text.limit, circle.limit { fill: #777; stroke: none }
    .c0 { stroke: #0a7d5a } .c1 { stroke: #b06a00 } .c2 { stroke: #b3261e }
    text.c0, circle.c0 { fill: #0a7d5a; stroke: none } text.c1, circle.c1 { fill: #b06a00; stroke: none }
    text.c2, circle.c2 { fill: #b3261e; stroke: none }
    @media (prefers-color-scheme: dark) {
    .paper { fill: #16181c } text { fill: #ddd } .grid { stroke: #3a3d44 }
    .limit { stroke: #999 } text.limit, circle.limit { fill: #aaa }
    .c0 { stroke: #4fd1a5 } .c1 { stroke: #f0b04f } .c2 { stroke: #ff8a80 }
    text.c0, circle.c0 { fill: #4fd1a5 } text.c1, circle.c1 { fill: #f0b04f }
    text.c2, circle.c2 { fill: #ff8a80 }
    }
    </style>
    """

  private var elements: [String] {
    let (left, bottom) = (Self.left, Self.height - Self.bottom)
    var lines = [
      SVG.text(Self.width / 2, 20, title, anchor: "middle"),
      SVG.text((left + Self.width - Self.right) / 2, Self.height - 10, xTitle, anchor: "middle"),
      SVG.text(8, 40, yTitle),
    ]
    for (index, label) in labels.enumerated() {
      lines.append(SVG.text(x(index), bottom + 18, label, anchor: "middle"))
    }
    for tick in axis.ticks {
      let place = tenths(y(tick))
      lines.append(
        "<line class=\"grid\" x1=\"\(left)\" x2=\"\(Self.width - Self.right)\" y1=\"\(place)\" y2=\"\(place)\"/>"
      )
      lines.append(SVG.text(left - 6, y(tick) + 4, compact(tick), anchor: "end"))
    }
    for (index, curve) in curves.enumerated() {
      let colour = curve.isLimit ? "limit" : "c\(index % Self.colours)"
      lines += drawn(curve, colour)
      let place = Self.width - Self.right - 76 * Double(curves.count - 1 - index)
      lines.append(SVG.text(place, 40, curve.name, anchor: "end", colour))
    }
    return lines
  }

  /// A dot a value, and lines between neighbours.
  private func drawn(_ curve: Curve, _ colour: String) -> [String] {
    let points = curve.values.enumerated().map { index, value in
      value.map { (tenths(x(index)), tenths(y($0))) }
    }
    let lines = points.split(whereSeparator: { $0 == nil }).map { run in
      let places = run.compactMap { $0.map { "\($0),\($1)" } }.joined(separator: " ")
      return "<polyline class=\"\(colour)\" points=\"\(places)\"/>"
    }
    let dots = points.compactMap {
      $0.map { "<circle class=\"\(colour)\" cx=\"\($0)\" cy=\"\($1)\" r=\"3\"/>" }
    }
    return lines + dots
  }

  private func x(_ index: Int) -> Double {
    let span = Self.width - Self.left - Self.right - 32
    return Self.left + 16 + span * Double(index) / Double(max(1, labels.count - 1))
  }

  private func y(_ value: Double) -> Double {
    Self.height - Self.bottom - (Self.height - Self.top - Self.bottom) * axis.share(value)
  }
}
