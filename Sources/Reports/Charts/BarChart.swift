import PlainText

/// Values side by side, as bars.
struct BarChart {
  struct Bar {
    let value: Double
    /// Said when it is pointed at.
    let hint: String
  }

  private static let (width, height) = (340.0, 210.0)
  private static let (left, right, top, bottom) = (44.0, 8.0, 30.0, 36.0)

  let title, description: String
  let xTitle, yTitle: String
  let bars: [Bar]
  /// Texts below the bars; a place is counted in bars from the left edge.
  let marks: [(place: Double, label: String)]
  /// A value to compare the bars with, drawn across them.
  var reference: (value: Double, name: String)?
  /// What the upper end of the axis is not below; charts to be compared have the same.
  let largest: Double
  /// How values are written on the axis.
  let label: (Double) -> String

  var svg: String {
    let axis = ValueAxis(upTo: largest)
    let (span, floor) = (Self.width - Self.left - Self.right, Self.height - Self.bottom)
    func y(_ value: Double) -> Double { floor - (floor - Self.top) * axis.share(value) }
    func line(_ value: Double, _ style: String) -> String {
      "<line class=\"\(style)\" x1=\"\(Self.left)\" x2=\"\(Self.width - Self.right)\" "
        + "y1=\"\(tenths(y(value)))\" y2=\"\(tenths(y(value)))\"/>"
    }
    let step = span / Double(bars.count)
    // A gap between bars that are wide enough to have one.
    let gap = step > 6 ? min(3, step / 5) : 0
    var elements = axis.ticks.flatMap { tick in
      [line(tick, "grid"), SVG.text(Self.left - 6, y(tick) + 4, label(tick), anchor: "end")]
    }
    elements += bars.enumerated().map { index, bar in
      SVG.cell(
        Self.left + step * Double(index) + gap / 2, y(bar.value), width: step - gap,
        height: floor - y(bar.value), hint: bar.hint, " class=\"bar\"")
    }
    elements += marks.map { mark in
      SVG.text(Self.left + step * mark.place, floor + 15, mark.label, anchor: "middle")
    }
    elements.append(SVG.text(Self.left + span / 2, Self.height - 4, xTitle, anchor: "middle"))
    elements.append(SVG.text(2, 14, yTitle))
    if let reference {
      let end = Self.width - Self.right
      elements.append(line(reference.value, "reference"))
      elements.append(SVG.text(end, 14, "╌╌ " + reference.name, anchor: "end", "reference"))
    }
    return SVG.drawing(
      width: Self.width, height: Self.height, title: title, description: description, elements)
  }
}
