import Kernels

/// What one Soft MoE layer did with one image.
public struct LayerRouting: Sendable, Equatable {
  /// [s]: each slot's share of the combine weights; sums to 1. Slot e·p + j is expert e's j-th.
  public let combineMass: [Float]
  /// [s]: on how many tokens each slot's dispatch weight rests, between 1 and m.
  public let effectiveTokens: [Float]
}

/// Copies of a forward pass' results.
extension Workspace {
  /// [c], before the softmax.
  public func logits(of image: Int) -> [Float] { logits.row(image) }

  /// The vector that the head read.
  public func features(of image: Int) -> [Float] { features.row(image) }

  /// What a Soft MoE layer (counted from 0) did with an image.
  public func routing(of image: Int, layer: Int) -> LayerRouting {
    let row = layer * maxImageCount + image
    return LayerRouting(combineMass: combineMass.row(row), effectiveTokens: effectiveTokens.row(row))
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
