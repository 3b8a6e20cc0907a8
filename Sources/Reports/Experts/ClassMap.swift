import PlainText

/// How much each expert of a layer matters for each class, over how much it does for all images.
struct ClassMap {
  private let layer: Int
  /// In the order of the rows: the expert, and its ratios by class.
  private let experts: [(expert: Int, ratios: [Double])]
  private let labels: [String]
  private let imageCounts: [Int]
  /// Whether there are more experts than rows.
  let isAbridged: Bool

  /// - Parameters:
  ///   - index: the layer's place in the study.
  ///   - classes: the columns, places in the study's classes.
  ///   - rowLimit: if there are more experts, those whose share depends most on the class.
  init(_ study: ExpertStudy, layer index: Int, classes: [Int], rowLimit: Int) {
    let usage = study.usage[index]
    let byClass = study.expertMassByClass(layer: index)
    let all = usage.expertMass.enumerated().map { expert, mean in
      (expert: expert, ratios: classes.map { mean > 0 ? byClass[$0][expert] / mean : 1 })
    }
    func spread(_ ratios: [Double]) -> Double { (ratios.max() ?? 1) - (ratios.min() ?? 1) }
    let shown = all.sorted { spread($0.ratios) > spread($1.ratios) }.prefix(rowLimit)
    experts = shown.sorted { one, other in
      let (a, b) = (strongest(one.ratios), strongest(other.ratios))
      return (a.place, -a.ratio, one.expert) < (b.place, -b.ratio, other.expert)
    }
    layer = usage.layer.block
    labels = classes.map { study.classes[$0].label }
    imageCounts = classes.map { study.classes[$0].totals.imageCount }
    isAbridged = all.count > rowLimit
  }

  var ratios: [[Double]] { experts.map(\.ratios) }

  func chart(_ scale: RatioScale) -> ExpertReport.Chart {
    let finding = finding
    let map = HeatMap(
      title: "Layer \(layer): experts by class", description: finding, rows: experts.map { "\($0.expert)" },
      columns: labels,
      cells: experts.map { expert, ratios in
        ratios.enumerated().map { column, ratio in
          HeatMap.Cell(
            ratio: ratio,
            hint: "expert \(expert), \(labels[column]) (\(imageCounts[column]) images): "
              + "\(hundredths(ratio)) of its mean")
        }
      }, scale: scale, cellWidth: 27, cellHeight: 17)
    return ExpertReport.Chart(layer: layer, svg: map.svg, finding: finding, isWide: labels.count > 12)
  }

  private var finding: String {
    let peaks = experts.map { (expert: $0.expert, peak: strongest($0.ratios)) }
    guard let most = peaks.max(by: { $0.peak.ratio < $1.peak.ratio }) else { return "" }
    return "Most of a specialist: expert \(most.expert), whose share on \(labels[most.peak.place]) is "
      + "\(hundredths(most.peak.ratio)) times its mean."
  }
}

private func strongest(_ ratios: [Double]) -> (place: Int, ratio: Double) {
  ratios.enumerated().max { $0.element < $1.element }.map { ($0.offset, $0.element) } ?? (0, 1)
}

extension ExpertStudy {
  /// The classes with the most images, in their own order.
  func mostFrequentClasses(_ count: Int) -> [Int] {
    let order = classes.indices.sorted { classes[$0].totals.imageCount > classes[$1].totals.imageCount }
    return order.prefix(count).sorted()
  }
}
