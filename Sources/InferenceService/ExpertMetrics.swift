import Metrics
import SoftMoEViT
import Synchronization

/// What the experts do, from the real combine and dispatch weights of every image served.
///
/// Over any time the combine mass of a layer's experts adds up to the number of images.
final class ExpertMetrics: Sendable {
  private let layers: [Layer]
  private let totals: Mutex<Totals>

  private struct Layer {
    /// The block's index in the model.
    let block: Int
    let expertCount, slotsPerExpert: Int
  }

  private struct Totals {
    var imageCount = 0.0
    /// [layers][slots].
    var combineMass, effectiveTokens: [[Double]]
  }

  init(_ model: ModelConfiguration) {
    layers = model.moeLayers.map {
      Layer(
        block: $0, expertCount: model.moe?.expertCount ?? 0, slotsPerExpert: model.moe?.slotsPerExpert ?? 0)
    }
    let zero = layers.map { Array(repeating: 0.0, count: $0.expertCount * $0.slotsPerExpert) }
    totals = Mutex(Totals(combineMass: zero, effectiveTokens: zero))
  }

  /// Adds one image.
  func record(_ routing: [LayerRouting]) {
    totals.withLock { totals in
      totals.imageCount += 1
      for (layer, routing) in routing.enumerated() {
        for slot in routing.combineMass.indices {
          totals.combineMass[layer][slot] += Double(routing.combineMass[slot])
          totals.effectiveTokens[layer][slot] += Double(routing.effectiveTokens[slot])
        }
      }
    }
  }

  /// Declares the metrics of whichever model serves when they are read.
  static func declare(in registry: MetricsRegistry, of current: @escaping @Sendable () -> ExpertMetrics?) {
    registry.observed(
      "softmoe_routed_images_total", "Images whose routing is counted here.", .counter
    ) { current().map { [Sample($0.totals.withLock { $0.imageCount })] } ?? [] }
    registry.observed(
      "softmoe_expert_combine_mass_total",
      "Share of the tokens' combine weights that an expert got, summed over images; a layer's experts add up to the images.",
      .counter
    ) { current()?.expertMass() ?? [] }
    registry.observed(
      "softmoe_slot_combine_mass_total", "The same for each slot of each expert.", .counter
    ) { current()?.slotMass() ?? [] }
    registry.observed(
      "softmoe_slot_effective_tokens",
      "Tokens that a slot mixes: exp of the entropy of its dispatch weights, mean over the images so far.",
      .gauge
    ) { current()?.effectiveTokens() ?? [] }
    registry.observed(
      "softmoe_expert_imbalance_ratio",
      "The busiest expert's combine mass over the mean expert's, all images so far: 1 is balanced.", .gauge
    ) { current()?.imbalance() ?? [] }
  }

  private func expertMass() -> [Sample] {
    let mass = totals.withLock { $0.combineMass }
    return samples { layer, expert in
      let slots = expert * layers[layer].slotsPerExpert..<(expert + 1) * layers[layer].slotsPerExpert
      return mass[layer][slots].reduce(0, +)
    }
  }

  private func slotMass() -> [Sample] {
    let mass = totals.withLock { $0.combineMass }
    return slotSamples { layer, slot in mass[layer][slot] }
  }

  private func effectiveTokens() -> [Sample] {
    let totals = totals.withLock { $0 }
    guard totals.imageCount > 0 else { return [] }
    return slotSamples { layer, slot in totals.effectiveTokens[layer][slot] / totals.imageCount }
  }

  private func imbalance() -> [Sample] {
    let totals = totals.withLock { $0 }
    guard totals.imageCount > 0 else { return [] }
    return layers.indices.map { layer in
      let (n, p) = (layers[layer].expertCount, layers[layer].slotsPerExpert)
      let masses = (0..<n).map { totals.combineMass[layer][$0 * p..<($0 + 1) * p].reduce(0, +) }
      return Sample(
        [("layer", "\(layers[layer].block)")], (masses.max() ?? 0) * Double(n) / totals.imageCount)
    }
  }

  private func samples(_ value: (_ layer: Int, _ expert: Int) -> Double) -> [Sample] {
    layers.indices.flatMap { layer in
      (0..<layers[layer].expertCount).map { expert in
        Sample([("layer", "\(layers[layer].block)"), ("expert", "\(expert)")], value(layer, expert))
      }
    }
  }

  private func slotSamples(_ value: (_ layer: Int, _ slot: Int) -> Double) -> [Sample] {
    layers.indices.flatMap { layer in
      let p = layers[layer].slotsPerExpert
      return (0..<layers[layer].expertCount * p).map { slot in
        Sample(
          [("layer", "\(layers[layer].block)"), ("expert", "\(slot / p)"), ("slot", "\(slot % p)")],
          value(layer, slot))
      }
    }
  }
}
