import Glibc
import PlainText

/// Colours for ratios to a mean: one above it, another below it, the paper itself at 1.
struct RatioScale {
  /// The ratio from which on, and below whose inverse, the colour is full.
  let end: Double

  /// The least round end that holds all ratios, 4 at most.
  init(holding ratios: some Sequence<Double>) {
    let farthest = ratios.reduce(1) { max($0, $1, 1 / max($1, 1e-9)) }
    end = [1.1, 1.25, 1.5, 2, 3].first { $0 >= farthest } ?? 4
  }

  /// The attributes of a cell.
  func colour(_ ratio: Double) -> String {
    let strength = min(1, abs(log(max(ratio, 1e-9))) / log(end))
    return "class=\"\(ratio < 1 ? "below" : "above")\" fill-opacity=\"\(hundredths(strength))\""
  }

  /// What the colours mean.
  var legend: String {
    let (cell, count) = (17.0, 13)
    let width = cell * Double(count)
    let steps = (0..<count).map { index in
      let ratio = pow(end, Double(2 * index) / Double(count - 1) - 1)
      return SVG.cell(
        cell * Double(index), 0, width: cell, height: 12, hint: "\(hundredths(ratio)) of the mean",
        " " + colour(ratio))
    }
    let names = [
      SVG.text(0, 27, "\(hundredths(1 / end)) or less"),
      SVG.text(width / 2, 27, "mean", anchor: "middle"),
      SVG.text(width, 27, "\(hundredths(end)) or more", anchor: "end"),
    ]
    return SVG.drawing(
      width: width, height: 32, title: "Colours",
      description: "From \(hundredths(1 / end)) of the mean to \(hundredths(end)) of it.", steps + names)
  }
}
