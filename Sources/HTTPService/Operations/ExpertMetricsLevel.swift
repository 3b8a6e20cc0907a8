import Inference
import SoftMoEViT

/// How finely `/metrics` tells what the experts do.
package enum ExpertMetricsLevel: String, Sendable, CaseIterable {
  /// How many images were routed, no more.
  case off
  /// Numbers of each layer.
  case layer
  /// Also of each expert.
  case expert
  /// Also of each slot; a sparse router has none.
  case slot

  /// Time series of a model's experts at this level.
  package func seriesCount(_ layers: [RoutedLayer], hasProfile: Bool) -> Int {
    self == .off ? 1 : 2 + layers.reduce(0) { $0 + (hasProfile ? 5 : 3) + seriesCount($1) }
  }

  /// Of what not every layer has.
  private func seriesCount(_ layer: RoutedLayer) -> Int {
    let (n, s) = (layer.expertCount, layer.slotCount)
    return switch (layer.router, self) {
    case (_, .off): 0
    // Effective tokens and largest weights, each at its level; combine mass from the experts on.
    case (.soft, .layer): 2
    case (.soft, .expert): 3 * n
    case (.soft, .slot): n + 3 * s
    // What was dropped and what met nobody; combine mass and tokens from the experts on.
    case (.tokensChoice, .layer): 2
    case (.tokensChoice, _): 2 + 4 * n
    case (.expertsChoice, .layer): 1
    case (.expertsChoice, _): 1 + 2 * n
    }
  }

  /// This level or the finest coarser one with at most so many series.
  func within(_ limit: Int, _ layers: [RoutedLayer], hasProfile: Bool) -> ExpertMetricsLevel {
    let coarser = Self.allCases.prefix { $0 != self } + [self]
    return coarser.last { $0.seriesCount(layers, hasProfile: hasProfile) <= limit } ?? .off
  }
}
