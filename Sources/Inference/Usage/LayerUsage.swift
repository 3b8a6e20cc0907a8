import Glibc

/// What a layer with experts did on average over images: the numbers that people ask for.
///
/// - Source: arXiv 2308.00951, section 5 and appendix, for importance, contribution and tokens a slot.
package struct LayerUsage: Sendable, Equatable {
  /// Which layer.
  package let layer: RoutedLayer
  /// Over how many images, at least 1.
  package let imageCount: Int
  /// [s]: each slot's share of what the tokens get back; sums to 1. A sparse router's expert has one slot.
  package let slotMass: [Double]
  /// [s]: tokens that each slot mixes, or an expert of a sparse router takes.
  package let effectiveTokens: [Double]
  /// [s]: the largest dispatch weight of each slot, or gate of an expert of a sparse router.
  package let largestDispatch: [Double]
  /// [m]: what each token position contributes, over the mean one's.
  package let tokenContribution: [Double]
  /// Tokens by their contribution: below each of `LayerTotals.contributionBounds`, and from the last one on.
  package let contributionCounts: [Int]
  /// What came of the choices of a sparse router, nil of a soft one.
  package let choices: ChoiceUsage?

  /// The means of some totals, nil over no image.
  package init?(_ layer: RoutedLayer, _ totals: LayerTotals, imageCount: Int) {
    guard imageCount > 0 else { return nil }
    func mean(_ sums: [Double]) -> [Double] { sums.map { $0 / Double(imageCount) } }
    (self.layer, self.imageCount) = (layer, imageCount)
    slotMass = mean(totals.slotMass)
    effectiveTokens = mean(totals.effectiveTokens)
    largestDispatch = mean(totals.largestDispatch)
    tokenContribution = mean(totals.tokenContribution)
    contributionCounts = totals.contributionCounts
    choices = layer.isSparse ? ChoiceUsage(layer, totals, imageCount: imageCount) : nil
  }

  /// [n]: each expert's share of what the tokens get back; sums to 1, fair is 1/n.
  package var expertMass: [Double] { byExpert(slotMass).map { $0.reduce(0, +) } }

  /// exp of the entropy of the experts' shares: n where all carry the same, 1 where one carries all.
  package var effectiveExperts: Double { exp(entropy(expertMass)) }

  /// How unequal the experts' shares are: 0 where all are the same, (n−1)/n where one has all.
  ///
  ///     Σᵢ (2i − n − 1)·xᵢ / (n·Σ x), x ascending, i from 1
  package var gini: Double {
    let shares = expertMass.sorted()
    let n = Double(shares.count)
    let weighted = shares.enumerated().reduce(0) { $0 + (2 * Double($1.offset + 1) - n - 1) * $1.element }
    return weighted / (n * shares.reduce(0, +))
  }

  /// The busiest expert's share over the mean one's.
  package var maxOverMean: Double { (expertMass.max() ?? 0) * Double(layer.expertCount) }

  /// Values of the slots, grouped by expert.
  package func byExpert(_ slots: [Double]) -> [ArraySlice<Double>] {
    (0..<layer.expertCount).map { slots[layer.slots(of: $0)] }
  }
}

extension UsageTotals {
  /// The means of every layer, none over no image.
  package func usage(of layers: [RoutedLayer]) -> [LayerUsage] {
    zip(layers, self.layers).compactMap { LayerUsage($0, $1, imageCount: imageCount) }
  }
}

/// −Σ p·ln p.
func entropy(_ shares: [Double]) -> Double {
  -shares.reduce(0) { $1 > 0 ? $0 + $1 * log($1) : $0 }
}
