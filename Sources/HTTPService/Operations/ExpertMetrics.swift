import Inference
import Metrics
import SoftMoEViT

/// The metrics of the experts of the model that serves when a scrape begins: all of one reading, so that they
/// speak of the same images.
struct ExpertMetrics: Sendable {
  let layers: [RoutedLayer]
  let profile: UsageProfile?
  let level: ExpertMetricsLevel
  let lifetime: UsageTotals
  let windowImageCount: Int
  let window: [LayerUsage]

  init(of served: Served) {
    let reading = served.experts.reading
    (layers, profile, level) = (served.experts.layers, served.model.profile, served.metricsLevel)
    (lifetime, windowImageCount) = (reading.lifetime, reading.window.imageCount)
    window = reading.window.usage(of: layers)
  }

  /// Declares all of them; those finer than the model's level have no series.
  static func declare(in registry: MetricsRegistry, of scrape: @escaping @Sendable () -> ExpertMetrics?) {
    func declare(
      _ name: String, _ help: String, _ kind: MetricKind, from level: ExpertMetricsLevel,
      _ samples: @escaping @Sendable (ExpertMetrics) -> [Sample]
    ) {
      registry.observed(name, help, kind) {
        guard let metrics = scrape(), metrics.has(level) else { return [] }
        return samples(metrics)
      }
    }
    declare(
      "softmoe_routed_images_total", "Images whose routing is counted here.", .counter, from: .off
    ) { [Sample(Double($0.lifetime.imageCount))] }
    declare(
      "softmoe_routing_window_images", "Images of the sliding window that the gauges of layers speak of.",
      .gauge, from: .layer
    ) { [Sample(Double($0.windowImageCount))] }
    declare(
      "softmoe_layer_effective_experts",
      "exp of the entropy of the experts' shares of the combine weights: how many experts carry a layer.",
      .gauge, from: .layer
    ) { $0.layerSamples(\.effectiveExperts) }
    declare(
      "softmoe_layer_gini", "How unequal the experts' shares are: 0 is balanced.", .gauge, from: .layer
    ) { $0.layerSamples(\.gini) }
    declare(
      "softmoe_expert_imbalance_ratio", "The busiest expert's share over the mean one's: 1 is balanced.",
      .gauge, from: .layer
    ) { $0.layerSamples(\.maxOverMean) }
    declare(
      "softmoe_routing_divergence",
      "Jensen-Shannon divergence of the shares of slots, or of a sparse router's experts, from the model's profile, in bits.",
      .gauge,
      from: .layer
    ) { $0.divergences() }
    declare(
      "softmoe_routing_divergence_limit", "Up to where that divergence is chance in 64 images.", .gauge,
      from: .layer
    ) { $0.divergenceLimits() }
    declare(
      "softmoe_slot_effective_tokens",
      "Tokens that a slot mixes: exp of the entropy of its dispatch weights, mean of the window.", .gauge,
      from: .layer
    ) { $0.slotMeans(\.effectiveTokens) }
    declare(
      "softmoe_slot_largest_dispatch", "A slot's largest dispatch weight, mean of the window.", .gauge,
      from: .layer
    ) { $0.slotMeans(\.largestDispatch) }
    declare(
      "softmoe_layer_dropped_choice_ratio",
      "Of the tokens' choices those whose expert had no more room, mean of the window.", .gauge, from: .layer
    ) { $0.choiceSamples(of: .tokensChoice, \.droppedShare) }
    declare(
      "softmoe_layer_unmet_token_ratio", "Of the tokens those that no expert took, mean of the window.",
      .gauge, from: .layer
    ) { $0.choiceSamples(\.unmetTokenShare) }
    declare(
      "softmoe_expert_combine_mass_total",
      "Share of the tokens' combine weights that an expert got, summed over images; a layer's experts add up to the images.",
      .counter, from: .expert
    ) { $0.expertMass() }
    declare(
      "softmoe_expert_tokens_total", "Tokens that an expert of a sparse router took.", .counter, from: .expert
    ) { $0.expertCounts { $0.effectiveTokens } }
    declare(
      "softmoe_expert_dropped_total", "Tokens that chose an expert when it had no more room.", .counter,
      from: .expert
    ) { $0.expertCounts(of: .tokensChoice) { zip($0.demand, $0.effectiveTokens).map { $0 - $1 } } }
    declare(
      "softmoe_expert_first_choices_total",
      "Tokens that an expert took as their first choice; its others are second choices or later ones.",
      .counter, from: .expert
    ) { $0.expertCounts(of: .tokensChoice) { $0.firstChoices } }
    declare(
      "softmoe_slot_combine_mass_total", "The same for each slot of each expert.", .counter, from: .slot
    ) { $0.slotMass() }
  }

  private func has(_ needed: ExpertMetricsLevel) -> Bool {
    let order = ExpertMetricsLevel.allCases
    return order.drop { $0 != needed }.contains(level)
  }

  private func layerSamples(_ value: (LayerUsage) -> Double) -> [Sample] {
    window.map { Sample([name(of: $0.layer)], value($0)) }
  }

  private func divergences() -> [Sample] {
    guard let profile = profile else { return [] }
    return window.enumerated().map { index, usage in
      Sample([name(of: usage.layer)], profile.divergence(of: usage, at: index))
    }
  }

  private func divergenceLimits() -> [Sample] {
    guard let profile = profile else { return [] }
    return zip(layers, profile.layers).map { Sample([name(of: $0)], $1.divergenceLimit) }
  }

  /// Of layers with a sparse router, or with this one.
  private func choiceSamples(of router: RouterKind? = nil, _ value: (ChoiceUsage) -> Double) -> [Sample] {
    window.compactMap { usage in
      guard let choices = usage.choices, [nil, usage.layer.router].contains(router) else { return nil }
      return Sample([name(of: usage.layer)], value(choices))
    }
  }

  /// Of each expert of layers with a sparse router, or with this one.
  private func expertCounts(of router: RouterKind? = nil, _ counts: (LayerTotals) -> [Double]) -> [Sample] {
    zip(layers, lifetime.layers).flatMap { layer, totals -> [Sample] in
      guard layer.isSparse, [nil, layer.router].contains(router) else { return [] }
      return counts(totals).enumerated().map { expert, count in
        Sample([name(of: layer), ("expert", "\(expert)")], count)
      }
    }
  }

  /// Means over the slots of a layer, of an expert, or each slot's own, as the level wants; a sparse router has none.
  private func slotMeans(_ values: (LayerUsage) -> [Double]) -> [Sample] {
    window.filter { !$0.layer.isSparse }.flatMap { usage in
      let layer = usage.layer
      return switch level {
      case .off, .layer: [Sample([name(of: layer)], mean(values(usage)[...]))]
      case .expert:
        usage.byExpert(values(usage)).enumerated().map { expert, values in
          Sample([name(of: layer), ("expert", "\(expert)")], mean(values))
        }
      case .slot: slotSamples(layer, values(usage))
      }
    }
  }

  private func expertMass() -> [Sample] {
    zip(layers, lifetime.layers).flatMap { layer, totals in
      (0..<layer.expertCount).map { expert in
        Sample(
          [name(of: layer), ("expert", "\(expert)")],
          totals.slotMass[layer.slots(of: expert)].reduce(0, +))
      }
    }
  }

  private func slotMass() -> [Sample] {
    zip(layers, lifetime.layers).flatMap { layer, totals in
      layer.isSparse ? [] : slotSamples(layer, totals.slotMass)
    }
  }

  private func slotSamples(_ layer: RoutedLayer, _ values: [Double]) -> [Sample] {
    values.enumerated().map { slot, value in
      let (expert, place) = slot.quotientAndRemainder(dividingBy: layer.slotsPerExpert)
      return Sample([name(of: layer), ("expert", "\(expert)"), ("slot", "\(place)")], value)
    }
  }

  private func name(of layer: RoutedLayer) -> (name: String, value: String) { ("layer", "\(layer.block)") }

  private func mean(_ values: ArraySlice<Double>) -> Double { values.reduce(0, +) / Double(values.count) }
}
