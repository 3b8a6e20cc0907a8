/// Which experts' weights an image's answer explains.
package enum ExplanationScope: Sendable, Equatable {
  /// So many of each layer, those with the largest masses.
  case top(Int)
  /// One, of the Soft MoE layer at a place among them.
  case expert(Int, layer: Int)
}
