/// Rows and columns of an image's patches.
package struct Grid: Codable, Sendable, Equatable {
  /// Patches from top to bottom, and from left to right.
  package let rows, columns: Int

  package init(_ layer: RoutedLayer) { (rows, columns) = (layer.gridRows, layer.gridColumns) }
}

/// A layer's usage over some images, by the names that JSON has for it; over none only their number.
///
/// docs/experts.md defines each number.
package struct UsageSummary: Encodable {
  package struct TokenContribution: Encodable {
    let bounds: [Float]
    let counts: [Int]
    let byPosition: [Double]

    enum CodingKeys: String, CodingKey {
      case bounds, counts
      case byPosition = "by_position"
    }
  }

  private(set) var images = 0
  private(set) var effectiveExperts, gini, maxOverMean, effectiveTokens, largestDispatch: Double?
  private(set) var expertMass: [Double]?
  private(set) var divergence, divergenceLimit: Double?
  // Of one layer alone.
  private(set) var slotMass, slotEffectiveTokens, slotLargestDispatch: [Double]?
  private(set) var tokenContribution: TokenContribution?

  /// - Parameters:
  ///   - usage: nil over no image.
  ///   - index: the layer's place among the Soft MoE layers.
  package init(_ usage: LayerUsage?, at index: Int, _ profile: UsageProfile?, isDetailed: Bool = false) {
    guard let usage else { return }
    images = usage.imageCount
    effectiveExperts = usage.effectiveExperts
    gini = usage.gini
    maxOverMean = usage.maxOverMean
    effectiveTokens = usage.effectiveTokens.reduce(0, +) / Double(usage.layer.slotCount)
    largestDispatch = usage.largestDispatch.reduce(0, +) / Double(usage.layer.slotCount)
    expertMass = usage.expertMass
    divergence = profile?.divergence(of: usage, at: index)
    divergenceLimit = profile?.layers[index].divergenceLimit
    guard isDetailed else { return }
    slotMass = usage.slotMass
    slotEffectiveTokens = usage.effectiveTokens
    slotLargestDispatch = usage.largestDispatch
    tokenContribution = TokenContribution(
      bounds: LayerTotals.contributionBounds, counts: usage.contributionCounts,
      byPosition: usage.tokenContribution)
  }

  enum CodingKeys: String, CodingKey {
    case images, gini, divergence
    case effectiveExperts = "effective_experts"
    case maxOverMean = "max_over_mean"
    case effectiveTokens = "effective_tokens"
    case largestDispatch = "largest_dispatch"
    case expertMass = "expert_mass"
    case divergenceLimit = "divergence_limit"
    case slotMass = "slot_mass"
    case slotEffectiveTokens = "slot_effective_tokens"
    case slotLargestDispatch = "slot_largest_dispatch"
    case tokenContribution = "token_contribution"
  }
}
