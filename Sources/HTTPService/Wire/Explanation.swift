import FoundationEssentials
import Inference

/// The part of an answer that tells what each layer's experts looked at. Keys are snake_case.
package struct Explanation: Codable, Sendable, Equatable {
  /// One layer's part.
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
    /// Its slots, in order; nil for a sparse router.
    package let slots: [Slot]?
    /// What it took, of a sparse router.
    package let taken: Taken?

    init(_ weights: ExpertWeights, of layer: RoutedLayer) {
      (expert, mass) = (weights.expert, weights.mass)
      slots = layer.isSparse ? nil : weights.slots.enumerated().map { Slot($0, $1) }
      taken = layer.isSparse ? weights.slots.first.map { Taken($0) } : nil
    }
  }

  /// The tokens that an expert of a sparse router took.
  package struct Taken: Codable, Sendable, Equatable {
    /// How many, a class token among them.
    package let tokens: Int
    /// The largest gate of a patch.
    package let peak: Float
    /// A byte for each patch, row by row, in base64: the gate with which its result comes back is
    /// `byte / 255 · peak`, rounded upwards; 0 for a patch that the expert did not take, and where the gate is 0.
    package let gates: String

    init(_ weights: ExpertWeights.Slot) {
      tokens = Int(saturating: weights.effectiveTokens)
      (peak, gates) = quantized(weights.patches, .up)
    }
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
      (peak, self.weights) = quantized(weights.patches, .toNearestOrAwayFromZero)
    }

    enum CodingKeys: String, CodingKey {
      case slot, mass, peak, weights
      case effectiveTokens = "effective_tokens"
    }
  }

  /// Rows and columns of the patches.
  package let grid: Grid?
  /// Every layer with experts.
  package let layers: [Layer]

  init(_ layers: [RoutedLayer], _ experts: [[ExpertWeights]]) {
    grid = layers.first.map { Grid($0) }
    self.layers = zip(layers, experts).map { layer, experts in
      Layer(layer: layer.block, experts: experts.map { Expert($0, of: layer) })
    }
  }
}

/// Weights as bytes in base64, 255 for the largest, and that.
private func quantized(_ weights: [Float], _ rule: FloatingPointRoundingRule) -> (peak: Float, bytes: String)
{
  let peak = weights.max() ?? 0
  let scale = peak > 0 ? 255 / peak : 0
  return (peak, Data(weights.map { UInt8(saturating: ($0 * scale).rounded(rule)) }).base64EncodedString())
}
