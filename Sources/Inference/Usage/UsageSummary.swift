import SoftMoEViT

/// Rows and columns of an image's patches.
package struct Grid: Codable, Sendable, Equatable {
  /// Patches from top to bottom, and from left to right.
  package let rows, columns: Int

  package init(_ layer: RoutedLayer) { (rows, columns) = (layer.gridRows, layer.gridColumns) }
}

/// What a layer with experts is, by the names that JSON has for it.
package struct LayerSizes: Encodable {
  /// The block's index in the model.
  package let layer: Int
  /// Who decides which expert works on which tokens.
  package let router: RouterKind
  /// n and m.
  package let expertCount, tokenCount: Int
  /// p of a soft router.
  package let slotsPerExpert: Int?
  /// K of Tokens Choice.
  package let selectedExperts: Int?
  /// C of a sparse router.
  package let capacity: Int?

  package init(_ layer: RoutedLayer) {
    (self.layer, router) = (layer.block, layer.router)
    (expertCount, tokenCount) = (layer.expertCount, layer.tokenCount)
    slotsPerExpert = layer.isSparse ? nil : layer.slotsPerExpert
    selectedExperts = layer.router == .tokensChoice ? layer.selectedExperts : nil
    capacity = layer.isSparse ? layer.capacity : nil
  }

  enum CodingKeys: String, CodingKey {
    case layer, router, capacity
    case expertCount = "expert_count"
    case tokenCount = "token_count"
    case slotsPerExpert = "slots_per_expert"
    case selectedExperts = "selected_experts"
  }
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
  private(set) var effectiveExperts, gini, maxOverMean: Double?
  private(set) var expertMass: [Double]?
  private(set) var divergence, divergenceLimit: Double?
  // Of a soft router.
  private(set) var effectiveTokens, largestDispatch: Double?
  // Of a sparse router; where the experts choose, no token is dropped or has a first choice.
  private(set) var expertTokens, expertDemand, expertDropped: [Double]?
  private(set) var expertFirstChoices, expertLaterChoices: [Double]?
  private(set) var droppedShare, unmetTokenShare: Double?
  // Of one layer alone: the first three of a soft router, the fourth of a sparse one.
  private(set) var slotMass, slotEffectiveTokens, slotLargestDispatch: [Double]?
  private(set) var expertLargestGate: [Double]?
  private(set) var tokenContribution: TokenContribution?

  /// - Parameters:
  ///   - usage: nil over no image.
  ///   - index: the layer's place among the layers with experts.
  package init(_ usage: LayerUsage?, at index: Int, _ profile: UsageProfile?, isDetailed: Bool = false) {
    guard let usage else { return }
    images = usage.imageCount
    effectiveExperts = usage.effectiveExperts
    gini = usage.gini
    maxOverMean = usage.maxOverMean
    expertMass = usage.expertMass
    divergence = profile?.divergence(of: usage, at: index)
    divergenceLimit = profile?.layers[index].divergenceLimit
    if let choices = usage.choices {
      tell(choices, haveTokensChosen: usage.layer.router == .tokensChoice)
    } else {
      effectiveTokens = usage.effectiveTokens.reduce(0, +) / Double(usage.layer.slotCount)
      largestDispatch = usage.largestDispatch.reduce(0, +) / Double(usage.layer.slotCount)
    }
    guard isDetailed else { return }
    if usage.layer.isSparse {
      expertLargestGate = usage.largestDispatch
    } else {
      slotMass = usage.slotMass
      slotEffectiveTokens = usage.effectiveTokens
      slotLargestDispatch = usage.largestDispatch
    }
    tokenContribution = TokenContribution(
      bounds: LayerTotals.contributionBounds, counts: usage.contributionCounts,
      byPosition: usage.tokenContribution)
  }

  private mutating func tell(_ choices: ChoiceUsage, haveTokensChosen: Bool) {
    expertTokens = choices.taken
    unmetTokenShare = choices.unmetTokenShare
    guard haveTokensChosen else { return }
    (expertDemand, expertDropped) = (choices.wanted, choices.dropped)
    (expertFirstChoices, expertLaterChoices) = (choices.firstChoices, choices.laterChoices)
    droppedShare = choices.droppedShare
  }

  enum CodingKeys: String, CodingKey {
    case images, gini, divergence
    case effectiveExperts = "effective_experts"
    case maxOverMean = "max_over_mean"
    case effectiveTokens = "effective_tokens"
    case largestDispatch = "largest_dispatch"
    case expertMass = "expert_mass"
    case divergenceLimit = "divergence_limit"
    case expertTokens = "expert_tokens"
    case expertDemand = "expert_demand"
    case expertDropped = "expert_dropped"
    case expertFirstChoices = "expert_first_choices"
    case expertLaterChoices = "expert_later_choices"
    case droppedShare = "dropped_share"
    case unmetTokenShare = "unmet_token_share"
    case expertLargestGate = "expert_largest_gate"
    case slotMass = "slot_mass"
    case slotEffectiveTokens = "slot_effective_tokens"
    case slotLargestDispatch = "slot_largest_dispatch"
    case tokenContribution = "token_contribution"
  }
}
