/// What came of the choices of a layer with a sparse router, on average over images.
///
/// Where the experts choose, all tokens that they want are theirs: none is dropped, and none has a choice.
package struct ChoiceUsage: Sendable, Equatable {
  /// [n]: tokens that each expert took.
  package let taken: [Double]
  /// [n]: tokens that wanted each expert, whether or not it took them.
  package let wanted: [Double]
  /// [n]: tokens that each expert took as their first choice.
  package let firstChoices: [Double]
  /// Of all tokens those that no expert took, 0 to 1.
  package let unmetTokenShare: Double

  /// - Precondition: over one image at least, of a sparse router.
  init(_ layer: RoutedLayer, _ totals: LayerTotals, imageCount: Int) {
    func mean(_ sums: [Double]) -> [Double] { sums.map { $0 / Double(imageCount) } }
    (taken, wanted) = (mean(totals.effectiveTokens), mean(totals.demand))
    firstChoices = mean(totals.firstChoices)
    unmetTokenShare = Double(totals.unmetTokenCount) / (Double(imageCount) * Double(layer.tokenCount))
  }

  /// [n]: tokens that wanted each expert when it had no more room.
  package var dropped: [Double] { zip(wanted, taken).map { $0 - $1 } }

  /// [n]: tokens that each expert took as their second choice or a later one.
  package var laterChoices: [Double] { zip(taken, firstChoices).map { $0 - $1 } }

  /// Of all choices those that were dropped, 0 to 1.
  package var droppedShare: Double {
    let all = wanted.reduce(0, +)
    return all > 0 ? dropped.reduce(0, +) / all : 0
  }
}
