import PlainText

/// Ratios to a mean, as coloured cells in rows and columns.
struct HeatMap {
  struct Cell {
    /// 1 is the mean.
    let ratio: Double
    /// Said when it is pointed at.
    let hint: String
  }

  let title, description: String
  /// Names before the rows and above the columns; none for cells that are told by their place.
  var rows: [String] = []
  var columns: [String] = []
  let cells: [[Cell]]
  let scale: RatioScale
  let cellWidth, cellHeight: Double

  var svg: String {
    // Names of columns lean to the right; a letter takes six pixels.
    let longest = 6 * Double(columns.map { abridged($0).count }.max() ?? 0)
    let (left, top) = (rows.isEmpty ? 1.0 : 24, columns.isEmpty ? 1.0 : 0.77 * longest + 14)
    let (width, height) = (
      cellWidth * Double(cells.first?.count ?? 0), cellHeight * Double(cells.count)
    )
    var elements = [
      "<rect class=\"frame\" x=\"\(left)\" y=\"\(top)\" width=\"\(hundredths(width))\" height=\"\(hundredths(height))\"/>"
    ]
    for (row, values) in cells.enumerated() {
      for (column, cell) in values.enumerated() {
        elements.append(
          SVG.cell(
            left + cellWidth * Double(column), top + cellHeight * Double(row), width: cellWidth,
            height: cellHeight, hint: cell.hint, " " + scale.colour(cell.ratio)))
      }
    }
    for (row, name) in rows.enumerated() {
      elements.append(
        SVG.text(left - 6, top + cellHeight * (Double(row) + 0.5) + 4, name, anchor: "end"))
    }
    for (column, name) in columns.enumerated() {
      let x = tenths(left + cellWidth * (Double(column) + 0.5) + 4)
      elements.append(
        "<g transform=\"translate(\(x) \(top - 6)) rotate(-50)\">\(SVG.text(0, 0, abridged(name)))</g>")
    }
    return SVG.drawing(
      width: left + width + max(1, 0.64 * longest - cellWidth / 2), height: top + height + 1, title: title,
      description: description, elements)
  }

  private func abridged(_ name: String) -> String {
    name.count > 14 ? name.prefix(13) + "…" : name
  }
}
