import Glibc
import SoftMoEViT

/// How a reference set of images used the experts, to tell whether other images are like it.
public struct UsageProfile: Codable, Sendable, Equatable {
  /// One Soft MoE layer's part.
  public struct Layer: Codable, Sendable, Equatable {
    /// The block's index in the model.
    public let layer: Int
    /// [s]: each slot's share of the combine weights.
    public let slotMass: [Double]
    /// Up to where a divergence is nothing but chance: the largest that any `chunkSize` of the images showed.
    public let divergenceLimit: Double

    enum CodingKeys: String, CodingKey {
      case layer
      case slotMass = "slot_mass"
      case divergenceLimit = "divergence_limit"
    }
  }

  /// Images whose divergence from all of them sets the limit; a window of fewer says nothing.
  public static let chunkSize = 64

  /// 1.
  public let version: Int
  /// The weights that it was made with, as `x-model-weights` names them.
  public let weights: String
  /// Images in it.
  public let imageCount: Int
  /// One for each Soft MoE layer.
  public let layers: [Layer]

  enum CodingKeys: String, CodingKey {
    case version, weights, layers
    case imageCount = "images"
  }

  /// The profile of a reference set.
  ///
  /// - Parameter chunks: its images in random order, `chunkSize` in each but the last, which may have more.
  public init(weights: String, layers: [RoutedLayer], chunks: [UsageTotals]) {
    var all = UsageTotals(for: layers)
    for chunk in chunks { all.add(chunk) }
    version = 1
    self.weights = weights
    imageCount = all.imageCount
    self.layers = all.usage(of: layers).enumerated().map { index, usage in
      let divergences = chunks.map { chunk in
        jensenShannonDivergence(chunk.usage(of: layers)[index].slotMass, usage.slotMass)
      }
      return Layer(
        layer: usage.layer.block, slotMass: usage.slotMass, divergenceLimit: divergences.max() ?? 0)
    }
  }

  /// Whether it speaks of these weights and layers.
  public func fits(weights: String, layers: [RoutedLayer]) -> Bool {
    version == 1 && weights == self.weights && self.layers.map(\.layer) == layers.map(\.block)
      && zip(self.layers, layers).allSatisfy { $0.slotMass.count == $1.slotCount }
  }

  /// How far a layer's usage is from the profile's: Jensen–Shannon divergence of the slots' shares, in bits.
  ///
  /// - Parameter index: the layer's place in `layers`.
  public func divergence(of usage: LayerUsage, at index: Int) -> Double {
    jensenShannonDivergence(usage.slotMass, layers[index].slotMass)
  }
}

/// `H((p + q)/2) − (H(p) + H(q))/2` in bits: 0 for equal distributions, 1 for disjoint ones.
///
/// - Source: J. Lin, Divergence measures based on the Shannon entropy, 1991.
public func jensenShannonDivergence(_ p: [Double], _ q: [Double]) -> Double {
  let mixture = zip(p, q).map { ($0 + $1) / 2 }
  return max(0, (entropy(mixture) - (entropy(p) + entropy(q)) / 2) / log(2))
}
