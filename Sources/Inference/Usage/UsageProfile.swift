import Glibc
import SoftMoEViT

/// How a reference set of images used the experts, to tell whether other images are like it.
package struct UsageProfile: Codable, Sendable, Equatable {
  /// One layer's part.
  package struct Layer: Codable, Sendable, Equatable {
    /// The block's index in the model.
    package let layer: Int
    /// [s]: each slot's share of what the tokens get back.
    package let slotMass: [Double]
    /// Up to where a divergence is nothing but chance in `UsageChunks.size` images or more.
    package let divergenceLimit: Double

    enum CodingKeys: String, CodingKey {
      case layer
      case slotMass = "slot_mass"
      case divergenceLimit = "divergence_limit"
    }
  }

  /// 1.
  package let version: Int
  /// The weights that it was made with, as `x-model-weights` names them.
  package let weights: String
  /// Images in it.
  package let imageCount: Int
  /// One for each layer with experts.
  package let layers: [Layer]

  enum CodingKeys: String, CodingKey {
    case version, weights, layers
    case imageCount = "images"
  }

  /// How many times the mean divergence of a chunk from the others the limit is.
  ///
  /// A mean is known better than a largest value, and of the chunks that come by chance fewer than one in a
  /// hundred are farther away than five times it.
  private static let margin = 5.0

  /// The profile of a reference set, of `UsageChunks.leastImageCount` images or more in random order.
  package init(weights: String, layers: [RoutedLayer], chunks: UsageChunks) {
    let chunks = chunks.all
    let all = chunks.reduce(into: UsageTotals(for: layers)) { $0.add($1) }
    precondition(all.imageCount >= UsageChunks.leastImageCount, "no chunk could be compared with another")
    version = 1
    self.weights = weights
    imageCount = all.imageCount
    self.layers = all.usage(of: layers).enumerated().map { index, usage in
      let divergences = chunks.map { chunk in
        let own = chunk.usage(of: layers)[index]
        return jensenShannonDivergence(own.slotMass, usage.slotMass(without: own))
      }
      let mean = divergences.reduce(0, +) / Double(divergences.count)
      return Layer(
        layer: usage.layer.block, slotMass: usage.slotMass, divergenceLimit: min(1, Self.margin * mean))
    }
  }

  /// Whether it speaks of these weights and layers.
  package func fits(weights: String, layers: [RoutedLayer]) -> Bool {
    version == 1 && weights == self.weights && self.layers.map(\.layer) == layers.map(\.block)
      && zip(self.layers, layers).allSatisfy { $0.slotMass.count == $1.slotCount }
  }

  /// How far a layer's usage is from the profile's: Jensen–Shannon divergence of the slots' shares, in bits.
  ///
  /// - Parameter index: the layer's place in `layers`.
  package func divergence(of usage: LayerUsage, at index: Int) -> Double {
    jensenShannonDivergence(usage.slotMass, layers[index].slotMass)
  }
}

extension LayerUsage {
  /// The slots' shares over the other images, when these are some of them.
  fileprivate func slotMass(without some: LayerUsage) -> [Double] {
    let (all, part) = (Double(imageCount), Double(some.imageCount))
    return zip(slotMass, some.slotMass).map { ($0 * all - $1 * part) / (all - part) }
  }
}

/// `H((p + q)/2) − (H(p) + H(q))/2` in bits: 0 for equal distributions, 1 for disjoint ones.
///
/// - Source: J. Lin, Divergence measures based on the Shannon entropy, 1991.
package func jensenShannonDivergence(_ p: [Double], _ q: [Double]) -> Double {
  let mixture = zip(p, q).map { ($0 + $1) / 2 }
  return max(0, (entropy(mixture) - (entropy(p) + entropy(q)) / 2) / log(2))
}
