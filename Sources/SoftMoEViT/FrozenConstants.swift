import Kernels

/// What a frozen model need not compute again: import stores it.
extension ModelConfiguration.SoftMoE {
  /// The router's matrix: `scale · normalize(phi)`, slot by slot.
  ///
  /// - Parameters:
  ///   - phi: [d, s].
  ///   - scale: the learned factor of the router's logits.
  /// - Returns: [d, s].
  package func routerKernel(phi: [Float], scale: Float) -> [Float] {
    let s = slotCount
    let width = phi.count / s
    var kernel = phi
    for slot in 0..<s {
      var squares: Float = 0
      for row in 0..<width { squares += phi[row * s + slot] * phi[row * s + slot] }
      let factor = scale * (l2Normalization?.factor(squares: squares) ?? 1)
      for row in 0..<width { kernel[row * s + slot] *= factor }
    }
    return kernel
  }

  /// How tokens and phi are brought to length 1, nil where they aren't.
  var l2Normalization: L2Normalization? {
    switch normalization {
    case .epsilonInsideRoot: .epsilonInsideRoot(normalizationEpsilon)
    case .epsilonAdded: .epsilonAdded(normalizationEpsilon)
    case .epsilonFloor: .epsilonFloor(normalizationEpsilon)
    case .layerNorm, .none: nil
    }
  }
}

extension ModelConfiguration {
  /// The query of a MAP head's probe: `norm(probe·kernel + bias) / √hd`, head by head.
  ///
  /// - Parameters:
  ///   - probe, bias: [d].
  ///   - kernel: [d, d].
  ///   - normScale: [hd], or nil where queries are not normalised.
  /// - Returns: [d].
  package func probeQuery(probe: [Float], kernel: [Float], bias: [Float], normScale: [Float]?) -> [Float] {
    var query = (0..<width).map { column in
      (0..<width).reduce(bias[column]) { $0 + probe[$1] * kernel[$1 * width + column] }
    }
    if let normScale {
      for head in stride(from: 0, to: width, by: headWidth) {
        let columns = head..<head + headWidth
        let mean = query[columns].reduce(0, +) / Float(headWidth)
        let variance = query[columns].reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(headWidth)
        let factor = 1 / (variance + normEpsilon).squareRoot()
        for column in columns { query[column] = (query[column] - mean) * factor * normScale[column - head] }
      }
    }
    let scale = 1 / Float(headWidth).squareRoot()
    return query.map { $0 * scale }
  }
}
