import Inference
import PlainText

/// What came of the choices of a router that gives tokens to some experts, as they are.
extension ExpertReport {
  static func takenTokens(_ study: ExpertStudy) -> Section {
    let byExperts = study.router == .expertsChoice
    return tokens(
      study, "Tokens per expert", \.taken, reference: { (Double($0.capacity), "room") },
      explanation: byExperts
        ? "How many of an image's tokens each expert takes. The experts choose, each as many as it has room for."
        : """
        How many of an image's tokens each expert takes, mean over images; most first. The dashed line is its room. \
        A token's choices claim places in their order, first choices before all others.
        """
    ) { usage, choices in
      let taken = mean(choices.taken)
      guard !byExperts else { return "\(tenths(taken)) of \(usage.layer.tokenCount) tokens each." }
      return
        "\(tenths(taken)) tokens on average, \(tenths(mean(choices.firstChoices))) of them by first choice."
    }
  }

  static func droppedTokens(_ study: ExpertStudy) -> Section {
    tokens(
      study, "Dropped choices", \.dropped, reference: { _ in nil },
      explanation: """
        How many of an image's tokens chose an expert when it had no more room, mean over images; most first. A \
        token whose choices are all dropped meets no expert.
        """
    ) { _, choices in
      "\(percent(choices.droppedShare)) of all choices are dropped; "
        + "\(percent(choices.unmetTokenShare)) of the tokens meet no expert."
    }
  }

  /// A bar an expert.
  private static func tokens(
    _ study: ExpertStudy, _ title: String, _ values: (ChoiceUsage) -> [Double],
    reference: (RoutedLayer) -> (value: Double, name: String)?, explanation: String,
    finding: (LayerUsage, ChoiceUsage) -> String
  ) -> Section {
    let largest =
      study.usage.flatMap { usage in
        (usage.choices.map(values) ?? []) + [reference(usage.layer)?.value ?? 0]
      }.max() ?? 0
    return Section(
      title: title, explanation: explanation,
      charts: study.usage.compactMap { usage in
        guard let choices = usage.choices else { return nil }
        let layer = usage.layer
        let experts = descending(values(choices))
        let finding = finding(usage, choices)
        let chart = BarChart(
          title: "Layer \(layer.block): \(title)", description: finding,
          xTitle: experts.count > labelledBarCount ? "experts by their tokens" : "expert",
          yTitle: "tokens an image",
          bars: experts.map {
            BarChart.Bar(value: $0.value, hint: hint($0.index, choices, layer))
          }, marks: marks(experts.map(\.index)),
          reference: reference(layer), largest: largest, label: compact)
        return Chart(layer: layer.block, svg: chart.svg, finding: finding)
      })
  }

  private static func hint(_ expert: Int, _ choices: ChoiceUsage, _ layer: RoutedLayer) -> String {
    let taken = "expert \(expert): takes \(tenths(choices.taken[expert]))"
    guard layer.router == .tokensChoice else { return taken }
    return taken + " of \(tenths(choices.wanted[expert])) tokens that chose it, "
      + "\(tenths(choices.firstChoices[expert])) as first choice"
  }
}
