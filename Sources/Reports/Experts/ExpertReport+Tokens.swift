import Inference
import PlainText

/// How slots mix tokens, and which tokens count.
extension ExpertReport {
  static func effectiveTokens(_ study: ExpertStudy) -> Section {
    slots(
      study, "Tokens per slot", \.effectiveTokens, yTitle: "effective tokens", label: compact, value: tenths,
      reference: { (Double($0.tokenCount), "all tokens") },
      explanation: """
        On how many tokens each slot rests: exp of the entropy of its dispatch weights, mean over images; largest \
        first. 1 would be a slot that takes one token as it is; as many as the image has tokens, one that takes the \
        mean of all, the dashed line.
        """
    ) { usage, most, least in
      "From \(least) to \(most) of \(usage.layer.tokenCount) tokens, "
        + "\(tenths(mean(usage.effectiveTokens))) on average."
    }
  }

  static func largestDispatch(_ study: ExpertStudy) -> Section {
    slots(
      study, "Largest dispatch weight of a slot", \.largestDispatch, yTitle: "largest weight",
      label: percentage, value: percent, reference: { (1 / Double($0.tokenCount), "all tokens alike") },
      explanation: """
        How much of a slot's input comes from the one token that weighs most in it, mean over images; largest \
        first. A slot that takes all tokens alike would be at the dashed line, one over their number.
        """
    ) { usage, most, least in
      "From \(least) to \(most), \(percent(mean(usage.largestDispatch))) on average; "
        + "all tokens alike would be \(percent(1 / Double(usage.layer.tokenCount)))."
    }
  }

  /// A bar a slot.
  private static func slots(
    _ study: ExpertStudy, _ title: String, _ values: (LayerUsage) -> [Double], yTitle: String,
    label: @escaping (Double) -> String, value: (Double) -> String,
    reference: (RoutedLayer) -> (value: Double, name: String), explanation: String,
    finding: (_ usage: LayerUsage, _ most: String, _ least: String) -> String
  ) -> Section {
    let largest = study.usage.flatMap { values($0) + [reference($0.layer).value] }.max() ?? 0
    return Section(
      title: title, explanation: explanation,
      charts: study.usage.map { usage in
        let layer = usage.layer
        let slots = descending(values(usage))
        let finding = finding(usage, value(slots[0].value), value(slots[slots.count - 1].value))
        let chart = BarChart(
          title: "Layer \(layer.block): \(title)", description: finding, xTitle: "slots", yTitle: yTitle,
          bars: slots.map { slot in
            let (expert, place) = slot.index.quotientAndRemainder(dividingBy: layer.slotsPerExpert)
            return BarChart.Bar(
              value: slot.value, hint: "expert \(expert), slot \(place): \(value(slot.value))")
          }, marks: marks(slots.map(\.index)), reference: reference(layer), largest: largest, label: label)
        return Chart(layer: layer.block, svg: chart.svg, finding: finding)
      })
  }

  static func contribution(_ study: ExpertStudy) -> Section {
    // The bins in use, and at least those up to twice the mean.
    let last = study.usage.compactMap { $0.contributionCounts.lastIndex { $0 > 0 } }.max() ?? 0
    let binCount = max(20, last + 1)
    let shares = study.usage.map { usage in
      let total = Double(usage.contributionCounts.reduce(0, +))
      return usage.contributionCounts.prefix(binCount).map { Double($0) / total }
    }
    let largest = shares.joined().max() ?? 0
    return Section(
      title: "Token contribution",
      explanation: study.router == .soft
        ? """
        How much each token of each image weighs in all slots together: its dispatch weights, added up, over the \
        mean token's. At 0 would be tokens that no expert sees; a long tail to the right means a few tokens that \
        fill the slots.
        """
        : """
        How many experts take each token of each image, over the mean token's. At 0 are tokens that no expert \
        takes: the layer adds nothing to them.
        """,
      charts: zip(study.usage, shares).map { usage, shares in
        let few = shares.prefix(5).reduce(0, +)
        let many = shares.dropFirst(20).reduce(0, +)
        let finding =
          if let choices = usage.choices {
            "\(percent(choices.unmetTokenShare)) of the tokens meet no expert, "
              + "\(percent(many)) more than twice as many as the mean one."
          } else {
            "\(percent(few)) of the tokens weigh less than half the mean one, \(percent(many)) more than twice."
          }
        let chart = BarChart(
          title: "Layer \(usage.layer.block): token contribution", description: finding,
          xTitle: "contribution, 1 is the mean token's", yTitle: "share of the tokens",
          bars: shares.enumerated().map { bin, share in
            let range =
              bin < LayerTotals.contributionBounds.count
              ? "\(tenths(Double(bin) / 10)) to \(tenths(Double(bin + 1) / 10))" : "more"
            return BarChart.Bar(value: share, hint: "\(range): \(percent(share)) of the tokens")
          },
          marks: stride(from: 0, through: binCount, by: 5).map { (Double($0), compact(Double($0) / 10)) },
          largest: largest, label: percentage)
        return Chart(layer: usage.layer.block, svg: chart.svg, finding: finding)
      })
  }

  static func position(_ study: ExpertStudy) -> Section {
    let scale = RatioScale(holding: study.usage.flatMap(\.patchContribution))
    return Section(
      title: "Token contribution by place",
      explanation: """
        The same contribution by where in the image a token's patch lies, mean over images. Orange places weigh more \
        than the mean token, blue ones less.
        """, legend: scale.legend,
      charts: study.usage.map { usage in
        let (rows, columns) = (usage.layer.gridRows, usage.layer.gridColumns)
        let patches = usage.patchContribution
        let places = descending(patches)
        func place(_ index: Int) -> String { "row \(index / columns + 1), column \(index % columns + 1)" }
        let (most, least) = (places[0], places[places.count - 1])
        // A class token is no patch.
        let others = usage.tokenContribution.dropLast(patches.count).map {
          " The class token weighs \(hundredths($0))."
        }
        let finding =
          "Most at \(place(most.index)) (\(hundredths(most.value))), least at \(place(least.index)) "
          + "(\(hundredths(least.value)))." + others.joined()
        let side = 224 / Double(max(rows, columns))
        let map = HeatMap(
          title: "Layer \(usage.layer.block): token contribution by place", description: finding,
          cells: (0..<rows).map { row in
            (0..<columns).map { column in
              let index = row * columns + column
              return HeatMap.Cell(
                ratio: patches[index], hint: "\(place(index)): \(hundredths(patches[index]))")
            }
          }, scale: scale, cellWidth: side, cellHeight: side)
        return Chart(layer: usage.layer.block, svg: map.svg, finding: finding)
      })
  }
}

extension LayerUsage {
  /// [rows · columns]: what each patch contributes, over the mean token.
  fileprivate var patchContribution: [Double] {
    Array(tokenContribution.suffix(layer.gridRows * layer.gridColumns))
  }
}
