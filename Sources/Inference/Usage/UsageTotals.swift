import SoftMoEViT

/// What all layers with experts did, summed over images.
package struct UsageTotals: Sendable, Equatable {
  /// Images counted.
  package private(set) var imageCount = 0
  /// One for each layer with experts.
  package private(set) var layers: [LayerTotals]

  /// Nothing yet.
  package init(for layers: [RoutedLayer]) { self.layers = layers.map { LayerTotals(for: $0) } }

  /// Counts an image in: what each layer did with it. One whose numbers are not finite counts nowhere.
  package mutating func add(_ image: [LayerRouting]) {
    guard image.allSatisfy(\.isFinite) else { return }
    imageCount += 1
    for (layer, routing) in image.enumerated() { layers[layer].add(routing) }
  }

  /// Counts in what others have counted.
  package mutating func add(_ other: UsageTotals) {
    imageCount += other.imageCount
    for (layer, totals) in other.layers.enumerated() { layers[layer].add(totals) }
  }
}

/// What one layer with experts did, summed over images.
package struct LayerTotals: Sendable, Equatable {
  /// Where the counts of token contributions are cut: tenths of the mean token's, up to four of it.
  package static let contributionBounds: [Float] = (1...40).map { Float($0) / 10 }

  /// [s]: Σ of the slots' shares of what the tokens get back.
  package private(set) var slotMass: [Double]
  /// [s]: Σ exp of the entropy of the slots' dispatch weights; of a sparse router the tokens that experts took.
  package private(set) var effectiveTokens: [Double]
  /// [s]: Σ of the slots' largest dispatch weights; of a sparse router the experts' largest gates.
  package private(set) var largestDispatch: [Double]
  /// [m]: Σ of the tokens' contributions.
  package private(set) var tokenContribution: [Double]
  /// Tokens by their contribution: below each bound, and from the last one on.
  package private(set) var contributionCounts: [Int]
  /// [n] of a sparse router, empty of a soft one: tokens that chose each expert, whether or not it took them.
  package private(set) var demand: [Double]
  /// [n] of a sparse router, empty of a soft one: tokens that each expert took as their first choice.
  package private(set) var firstChoices: [Double]
  /// Tokens that no expert of a sparse router took.
  package private(set) var unmetTokenCount = 0

  init(for layer: RoutedLayer) {
    slotMass = Array(repeating: 0, count: layer.slotCount)
    (effectiveTokens, largestDispatch) = (slotMass, slotMass)
    tokenContribution = Array(repeating: 0, count: layer.tokenCount)
    contributionCounts = Array(repeating: 0, count: Self.contributionBounds.count + 1)
    demand = Array(repeating: 0, count: layer.isSparse ? layer.expertCount : 0)
    firstChoices = demand
  }

  mutating func add(_ image: LayerRouting) {
    for slot in slotMass.indices {
      slotMass[slot] += Double(image.slotMass[slot])
      effectiveTokens[slot] += Double(image.effectiveTokens[slot])
      largestDispatch[slot] += Double(image.largestDispatch[slot])
    }
    for (token, contribution) in image.tokenContribution.enumerated() {
      tokenContribution[token] += Double(contribution)
      contributionCounts[min(contributionCounts.count - 1, max(0, Int(saturating: contribution * 10)))] += 1
    }
    guard !demand.isEmpty else { return }
    for expert in demand.indices {
      demand[expert] += Double(image.demand[expert])
      firstChoices[expert] += Double(image.firstChoices[expert])
    }
    unmetTokenCount += image.tokenContribution.count { $0 == 0 }
  }

  mutating func add(_ other: LayerTotals) {
    for slot in slotMass.indices {
      slotMass[slot] += other.slotMass[slot]
      effectiveTokens[slot] += other.effectiveTokens[slot]
      largestDispatch[slot] += other.largestDispatch[slot]
    }
    for token in tokenContribution.indices { tokenContribution[token] += other.tokenContribution[token] }
    for index in contributionCounts.indices { contributionCounts[index] += other.contributionCounts[index] }
    for expert in demand.indices {
      demand[expert] += other.demand[expert]
      firstChoices[expert] += other.firstChoices[expert]
    }
    unmetTokenCount += other.unmetTokenCount
  }
}
