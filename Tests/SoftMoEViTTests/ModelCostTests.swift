import SoftMoEViT
import Testing

/// Operations, counted by hand: m 6 tokens, d 4, s 6 slots, g 10.
@Suite struct ModelCostTests {
  private func cost(_ change: (inout ModelConfiguration.SoftMoE) -> Void) -> ModelCost {
    var moe = ModelConfiguration.SoftMoE(
      layers: [0], expertCount: 2, slotsPerExpert: 3, expertWidth: 10, normalization: .none,
      normalizationEpsilon: 0, slotSource: .tokens, dispatchRounding: .none)
    change(&moe)
    let model = ModelConfiguration(
      imageHeight: 2, imageWidth: 3, patchSize: 1, width: 4, depth: 1, headCount: 1, mlpWidth: 8,
      classCount: 5, activation: .relu, normEpsilon: 1e-6, classToken: false, position: .allTokens,
      patchBias: true, preNorm: false, qkvBias: true, qkNorm: .none, layerScale: false, finalNorm: .tokens,
      pooling: .mean, preLogitsWidth: nil, moe: moe)
    return ModelCost(model, expertBytes: 0, weightBytes: 0)
  }

  /// Patches 2·6·3·4, attention's products 2·6·4·16 and weights 4·6·6·4, head 2·4·5.
  private let others: Double = 144 + 768 + 576 + 40

  @Test func expertsThatAreMLPsHaveTwoProductsOrThree() {
    // Router, dispatch and combine are 2·6·6·4 each; a product is 2·6·4·10.
    #expect(cost { _ in }.flopPerImage == others + 3 * 288)
    #expect(cost { _ in }.expertFlopPerImage == 2 * 480)
    #expect(cost { $0.gated = true }.expertFlopPerImage == 3 * 480)
  }

  @Test func expertsThatAreTheSecondProductShareTheFirst() {
    let cost = cost { $0.expertKind = .secondProduct }
    // The first product is 2·6·4·10; router and dispatch are 2·6·6·10 each, combine is 2·6·6·4.
    #expect(cost.flopPerImage == others + 480 + 2 * 720 + 288)
    #expect(cost.expertFlopPerImage == 480)
  }
}
