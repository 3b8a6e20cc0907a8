import SoftMoEViT

/// What one expert looked at in one image.
package struct ExpertWeights: Sendable, Equatable {
  /// One slot's part. A sparse router's expert has one.
  package struct Slot: Sendable, Equatable {
    /// Its share of what the image's tokens get back.
    package let mass: Float
    /// On how many tokens it rests, or how many an expert of a sparse router took.
    package let effectiveTokens: Float
    /// [rows · columns]: its dispatch weights of the patches; with a class token they sum to less than 1. Of a
    /// sparse router the gates of those that it took, 0 for the others.
    package let patches: [Float]
  }

  /// Which expert.
  package let expert: Int
  /// One for each of its slots.
  package let slots: [Slot]

  /// Its share of what the image's tokens get back.
  package var mass: Float { slots.reduce(0) { $0 + $1.mass } }

  /// An expert's part of a layer's routing.
  ///
  /// - Parameter weights: [m, s] of the image: dispatch, or of a sparse router the gates.
  package init(_ expert: Int, of layer: RoutedLayer, _ routing: LayerRouting, weights: [Float]) {
    self.expert = expert
    let s = layer.slotCount
    let patches = layer.tokenCount - layer.gridRows * layer.gridColumns..<layer.tokenCount
    slots = layer.slots(of: expert).map { slot in
      Slot(
        mass: routing.slotMass[slot], effectiveTokens: routing.effectiveTokens[slot],
        patches: patches.map { weights[$0 * s + slot] })
    }
  }

  /// The experts of a layer with the largest masses of an image, largest first.
  package static func top(
    _ count: Int, of layer: RoutedLayer, _ routing: LayerRouting, weights: [Float]
  ) -> [ExpertWeights] {
    let masses = (0..<layer.expertCount).map { expert in
      routing.slotMass[layer.slots(of: expert)].reduce(0, +)
    }
    let order = masses.indices.sorted { (masses[$0], $1) > (masses[$1], $0) }
    return order.prefix(count).map { ExpertWeights($0, of: layer, routing, weights: weights) }
  }
}
