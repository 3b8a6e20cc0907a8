import SoftMoEViT

/// What one expert looked at in one image.
public struct ExpertWeights: Sendable, Equatable {
  /// One slot's part.
  public struct Slot: Sendable, Equatable {
    /// Its share of the image's combine weights.
    public let mass: Float
    /// On how many tokens it rests.
    public let effectiveTokens: Float
    /// [rows · columns]: its dispatch weights of the patches. With a class token they sum to less than 1.
    public let patches: [Float]
  }

  /// Which expert.
  public let expert: Int
  /// One for each of its slots.
  public let slots: [Slot]

  /// Its share of the image's combine weights.
  public var mass: Float { slots.reduce(0) { $0 + $1.mass } }

  /// An expert's part of a layer's routing.
  ///
  /// - Parameter dispatch: [m, s] of the image.
  public init(_ expert: Int, of layer: RoutedLayer, _ routing: LayerRouting, dispatch: [Float]) {
    self.expert = expert
    let s = layer.slotCount
    let patches = layer.tokenCount - layer.gridRows * layer.gridColumns..<layer.tokenCount
    slots = layer.slots(of: expert).map { slot in
      Slot(
        mass: routing.combineMass[slot], effectiveTokens: routing.effectiveTokens[slot],
        patches: patches.map { dispatch[$0 * s + slot] })
    }
  }

  /// The experts of a layer with the largest masses of an image, largest first.
  public static func top(
    _ count: Int, of layer: RoutedLayer, _ routing: LayerRouting, dispatch: [Float]
  ) -> [ExpertWeights] {
    let masses = (0..<layer.expertCount).map { expert in
      routing.combineMass[layer.slots(of: expert)].reduce(0, +)
    }
    let order = masses.indices.sorted { (masses[$0], $1) > (masses[$1], $0) }
    return order.prefix(count).map { ExpertWeights($0, of: layer, routing, dispatch: dispatch) }
  }
}
