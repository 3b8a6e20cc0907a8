import Inference

/// How finely `/metrics` tells what the experts do.
package enum ExpertMetricsLevel: String, Sendable, CaseIterable {
  /// How many images were routed, no more.
  case off
  /// Numbers of each layer.
  case layer
  /// Also of each expert.
  case expert
  /// Also of each slot.
  case slot

  /// Time series of a model's experts at this level.
  func seriesCount(_ layers: [RoutedLayer], hasProfile: Bool) -> Int {
    let (l, n, s) = layers.reduce((0, 0, 0)) { ($0.0 + 1, $0.1 + $1.expertCount, $0.2 + $1.slotCount) }
    let ofLayers = 2 + l * (hasProfile ? 5 : 3)
    // Of effective tokens and largest weights, each at its level; combine mass from the experts on.
    return switch self {
    case .off: 1
    case .layer: ofLayers + 2 * l
    case .expert: ofLayers + 3 * n
    case .slot: ofLayers + n + 3 * s
    }
  }

  /// This level or the finest coarser one with at most so many series.
  func within(_ limit: Int, _ layers: [RoutedLayer], hasProfile: Bool) -> ExpertMetricsLevel {
    let coarser = Self.allCases.prefix { $0 != self } + [self]
    return coarser.last { $0.seriesCount(layers, hasProfile: hasProfile) <= limit } ?? .off
  }
}
