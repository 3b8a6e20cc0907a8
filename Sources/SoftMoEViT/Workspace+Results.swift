import Kernels

/// What one Soft MoE layer did with one image.
public struct LayerRouting: Sendable, Equatable {
  /// [s]: each slot's share of the combine weights; sums to 1. Slot e·p + j is expert e's j-th.
  public let combineMass: [Float]
  /// [s]: on how many tokens each slot's dispatch weight rests, between 1 and m.
  public let effectiveTokens: [Float]
  /// [s]: the largest of each slot's dispatch weights, between 1/m and 1.
  public let largestDispatch: [Float]
  /// [m]: Σ of each token's dispatch weights, over the mean token's, s/m; their mean is 1.
  public let tokenContribution: [Float]

  /// All values, in the order of the properties.
  public init(
    combineMass: [Float], effectiveTokens: [Float], largestDispatch: [Float], tokenContribution: [Float]
  ) {
    (self.combineMass, self.effectiveTokens) = (combineMass, effectiveTokens)
    (self.largestDispatch, self.tokenContribution) = (largestDispatch, tokenContribution)
  }
}

/// Copies of a forward pass' results.
extension Workspace {
  /// [c], before the softmax.
  public func logits(of image: Int) -> [Float] { logits.row(image) }

  /// The vector that the head read.
  public func features(of image: Int) -> [Float] { features.row(image) }

  /// What a Soft MoE layer (counted from 0) did with an image, if `observesRouting`.
  public func routing(of image: Int, layer: Int) -> LayerRouting {
    let row = layer * maxImageCount + image
    return LayerRouting(
      combineMass: combineMass.row(row), effectiveTokens: effectiveTokens.row(row),
      largestDispatch: largestDispatch.row(row), tokenContribution: tokenContribution.row(row))
  }

  /// [m, s] of the layer that ran last.
  public func dispatchWeights(of image: Int) -> [Float] {
    dispatchWeights.rows(image * tokenCount..<(image + 1) * tokenCount)
  }

  /// [m, s] of the layer that ran last.
  public func combineWeights(of image: Int) -> [Float] {
    combineWeights.rows(image * tokenCount..<(image + 1) * tokenCount)
  }
}
