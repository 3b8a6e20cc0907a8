import Kernels

/// Copies of a forward pass' results.
extension Workspace {
  /// [c], before the softmax.
  public func logits(of image: Int) -> [Float] { logits.row(image) }

  /// The vector that the head read.
  public func features(of image: Int) -> [Float] { features.row(image) }

  /// Whether an image's logits and features are all numbers and none is infinite.
  public func isFinite(_ image: Int) -> Bool {
    logits.row(image).allSatisfy(\.isFinite) && features.row(image).allSatisfy(\.isFinite)
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
