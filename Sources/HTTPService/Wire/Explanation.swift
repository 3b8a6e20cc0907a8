import FoundationEssentials
import Inference

/// The part of an answer that tells what each layer's experts looked at. Keys are snake_case.
package struct Explanation: Codable, Sendable, Equatable {
  /// One Soft MoE layer's part.
  package struct Layer: Codable, Sendable, Equatable {
    /// The block's index in the model.
    package let layer: Int
    /// The largest masses first.
    package let experts: [Expert]
  }

  /// One expert's part.
  package struct Expert: Codable, Sendable, Equatable {
    /// Which one.
    package let expert: Int
    /// Its share of this image's combine weights.
    package let mass: Float
    /// Its slots, in order.
    package let slots: [Slot]
  }

  /// One slot's part.
  package struct Slot: Codable, Sendable, Equatable {
    /// Which of the expert's slots.
    package let slot: Int
    /// Its share of this image's combine weights.
    package let mass: Float
    /// How many tokens it mixes.
    package let effectiveTokens: Float
    /// The largest dispatch weight of a patch.
    package let peak: Float
    /// A byte for each patch, row by row, in base64: a patch's dispatch weight is `byte / 255 · peak`.
    package let weights: String

    init(_ index: Int, _ weights: ExpertWeights.Slot) {
      (slot, mass, effectiveTokens) = (index, weights.mass, weights.effectiveTokens)
      let peak = weights.patches.max() ?? 0
      let scale = peak > 0 ? 255 / peak : 0
      self.peak = peak
      self.weights = Data(weights.patches.map { UInt8(saturating: ($0 * scale).rounded()) })
        .base64EncodedString()
    }

    enum CodingKeys: String, CodingKey {
      case slot, mass, peak, weights
      case effectiveTokens = "effective_tokens"
    }
  }

  /// Rows and columns of the patches.
  package let grid: Grid?
  /// Every Soft MoE layer.
  package let layers: [Layer]

  init(_ layers: [RoutedLayer], _ experts: [[ExpertWeights]]) {
    grid = layers.first.map { Grid($0) }
    self.layers = zip(layers, experts).map { layer, experts in
      Layer(
        layer: layer.block,
        experts: experts.map { weights in
          Expert(
            expert: weights.expert, mass: weights.mass,
            slots: weights.slots.enumerated().map { Slot($0, $1) })
        })
    }
  }
}
