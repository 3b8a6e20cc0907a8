import Inference
import PlainText

/// What the experts get of the output, over all images and class by class.
extension ExpertReport {
  static func importance(_ study: ExpertStudy) -> Section {
    let largest = study.usage.compactMap { $0.expertMass.max() }.max() ?? 0
    return Section(
      title: "Expert importance",
      explanation: """
        \(study.importance) The experts come by their share, largest first. The dashed line is the fair \
        share. Bars of one height mean that the experts carry the layer alike; a tail near zero, that some \
        experts could be left out.
        """,
      charts: study.usage.map { usage in
        let layer = usage.layer.block
        let experts = descending(usage.expertMass)
        let (first, last) = (experts[0], experts[experts.count - 1])
        let finding =
          "Expert \(first.index) gives most, \(percent(first.value)), expert \(last.index) least, "
          + "\(percent(last.value)). Together they count as \(tenths(usage.effectiveExperts)) equal experts."
        let chart = BarChart(
          title: "Layer \(layer): expert importance", description: finding,
          xTitle: experts.count > labelledBarCount ? "experts by their share" : "expert",
          yTitle: "share of \(study.shared)",
          bars: experts.map {
            BarChart.Bar(value: $0.value, hint: "expert \($0.index): \(percent($0.value))")
          }, marks: marks(experts.map(\.index)),
          reference: (1 / Double(experts.count), "fair share"), largest: largest, label: percentage)
        return Chart(layer: layer, svg: chart.svg, finding: finding)
      })
  }

  static func classes(_ study: ExpertStudy) -> Section {
    let columns = study.mostFrequentClasses(32)
    let maps = study.usage.indices.map { ClassMap(study, layer: $0, classes: columns, rowLimit: 32) }
    let scale = RatioScale(holding: maps.flatMap { $0.ratios.joined() })
    var parts = [
      """
      Each expert's share of \(study.shared) on images of one class, over its share on all images. Orange: the expert \
      matters more for that class than it does otherwise; blue: less. An expert stands where its strongest class is, \
      so a diagonal means experts that specialise in classes.
      """
    ]
    if columns.count < study.classes.count {
      parts.append(
        "Shown are the \(columns.count) classes with the most images of \(study.classes.count).")
    }
    if maps.contains(where: \.isAbridged) {
      parts.append("Of each layer the experts are shown whose share depends most on the class.")
    }
    let least = columns.map { study.classes[$0].totals.imageCount }.min() ?? 0
    if least < 30 {
      parts.append("A class with few images (here as few as \(least)) shows chance as much as anything.")
    }
    return Section(
      title: "Which expert for which class", explanation: parts.joined(separator: " "), legend: scale.legend,
      charts: maps.map { $0.chart(scale) })
  }

  /// Values with their places, largest first.
  static func descending(_ values: [Double]) -> [(index: Int, value: Double)] {
    values.enumerated().sorted { ($0.element, $1.offset) > ($1.element, $0.offset) }
      .map { ($0.offset, $0.element) }
  }

  /// So many bars have room for a number each.
  static let labelledBarCount = 20

  /// Every bar's number, or the ranks of some where there are too many.
  static func marks(_ indices: [Int]) -> [(place: Double, label: String)] {
    if indices.count <= labelledBarCount {
      return indices.enumerated().map { (Double($0.offset) + 0.5, "\($0.element)") }
    }
    let step = (indices.count + 3) / 4
    return stride(from: 0, to: indices.count, by: step).map { (Double($0) + 0.5, "\($0 + 1)") }
  }

  /// For an axis.
  static func percentage(_ share: Double) -> String { "\(compact((share * 1000).rounded() / 10)) %" }
}

extension ExpertStudy {
  /// Of what the experts have shares.
  fileprivate var shared: String { router == .soft ? "the output" : "the gates" }

  /// What these shares are.
  fileprivate var importance: String {
    router == .soft
      ? "The share of a layer's output that each expert gives: its combine weights, added up over its slots, mean "
        + "over all tokens of all images."
      : "The share that each expert has of a layer's gates, the weights with which results come back: added up over "
        + "the tokens that it takes of an image, mean over all images."
  }
}
