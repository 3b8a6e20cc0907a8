import SoftMoEViT

/// The sizes that the paper and its forerunners call Ti, S, B, L and H, with a patch size: `S/16`.
package struct ModelVariant: Sendable, Equatable {
  /// d, number of blocks, attention heads, h.
  package let width, depth, headCount, mlpWidth: Int
  /// P.
  package let patchSize: Int

  private static let sizes: [Substring: (width: Int, depth: Int, headCount: Int)] = [
    "Ti": (192, 12, 3), "S": (384, 12, 6), "B": (768, 12, 12), "L": (1024, 24, 16), "H": (1280, 32, 16),
  ]

  /// The names before the slash.
  package static let names = ["Ti", "S", "B", "L", "H"]

  /// The variant of that name, nil for an unknown one.
  package init?(_ name: String) {
    let parts = name.split(separator: "/", maxSplits: 1)
    guard parts.count == 2, let size = Self.sizes[parts[0]], let patch = Int(parts[1]), patch > 0 else {
      return nil
    }
    (width, depth, headCount) = size
    mlpWidth = 4 * size.width
    patchSize = patch
  }

  /// A model of this variant as vmoe builds it: mean pooling, GELU by tanh, a mixture of experts in every block of
  /// the second half.
  ///
  /// - Parameters:
  ///   - experts: n, or 0 for a dense ViT.
  ///   - slots: p of a soft router.
  ///   - selected: K where tokens choose.
  ///   - capacityFactor: of a sparse router.
  package func configuration(
    experts: Int, slots: Int, imageSize: Int, classCount: Int, router: RouterKind = .soft, selected: Int = 0,
    capacityFactor: Double? = nil
  ) -> ModelConfiguration {
    let isSoft = router == .soft
    return ModelConfiguration(
      imageHeight: imageSize, imageWidth: imageSize, patchSize: patchSize, width: width, depth: depth,
      headCount: headCount, mlpWidth: mlpWidth, classCount: classCount, activation: .geluTanh,
      normEpsilon: 1e-6, classToken: false, position: .allTokens, patchBias: true, preNorm: false,
      qkvBias: true, qkNorm: .none, layerScale: false, finalNorm: .tokens, pooling: .mean,
      preLogitsWidth: nil,
      moe: experts == 0
        ? nil
        : ModelConfiguration.SoftMoE(
          router: router, layers: Array(depth / 2..<depth), expertCount: experts,
          slotsPerExpert: isSoft ? slots : 1, expertWidth: mlpWidth,
          normalization: isSoft ? .epsilonInsideRoot : .none, normalizationEpsilon: isSoft ? 1e-6 : 0,
          slotSource: .tokens, dispatchRounding: .none, selectedExperts: selected,
          capacityFactor: capacityFactor))
  }
}
