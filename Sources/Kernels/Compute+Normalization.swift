/// How a vector is brought to length 1. The implementations of Soft MoE differ here.
public enum L2Normalization: Sendable {
  /// v · rsqrt(Σv² + ε).
  case epsilonInsideRoot(Float)
  /// v / (‖v‖ + ε).
  case epsilonAdded(Float)
  /// v / max(‖v‖, ε).
  case epsilonFloor(Float)

  /// The factor for a vector whose squares sum to `squares`.
  public func factor(squares: Float) -> Float {
    switch self {
    case .epsilonInsideRoot(let epsilon): 1 / (squares + epsilon).squareRoot()
    case .epsilonAdded(let epsilon): 1 / (squares.squareRoot() + epsilon)
    case .epsilonFloor(let epsilon): 1 / max(squares.squareRoot(), epsilon)
    }
  }
}

/// Scale and shift of a LayerNorm; a scale alone where the model has no shift.
public struct LayerNorm: Sendable {
  /// [d], or nil for 1.
  public let scale: WeightVectors?
  /// [d], or nil for 0.
  public let shift: WeightVectors?
  /// Added to the variance.
  public let epsilon: Float

  /// A norm with learned parameters.
  public init(scale: WeightVectors?, shift: WeightVectors?, epsilon: Float) {
    (self.scale, self.shift, self.epsilon) = (scale, shift, epsilon)
  }

  /// `target = (x − mean) / √(variance + ε) · scale + shift`; `target` may be `source`.
  @inline(__always)
  func callAsFunction(_ source: UnsafePointer<Float>, count: Int, into target: UnsafeMutablePointer<Float>) {
    let mean = sum(source, count: count) / Float(count)
    let variance = sum(source, count: count) { ($0 - mean) * ($0 - mean) } / Float(count)
    let factor = 1 / (variance + epsilon).squareRoot()
    map(source, count: count, into: target) { x, i in
      var y = (x - mean) * factor
      if let scale { y *= tailSafe(scale.base, i, count) }
      if let shift { y += tailSafe(shift.base, i, count) }
      return y
    }
  }
}

extension Compute {
  /// LayerNorm of each row.
  ///
  /// - Parameters:
  ///   - input: [rows, d].
  ///   - output: [rows, d].
  public func layerNorm(
    _ input: borrowing Matrix, _ norm: LayerNorm, rows: Int, into output: inout Matrix
  ) {
    let d = input.columnCount
    require(output.columnCount == d, "a norm keeps the width")
    require(min(input.rowCount, output.rowCount) >= rows, "norm has \(rows) rows")
    require((norm.scale?.width ?? d) == d && (norm.shift?.width ?? d) == d, "norm parameters are [\(d)]")
    nonisolated(unsafe) let (x, y) = (input.base, output.base)
    parallel(rows: rows, columns: d) { rows in
      for row in rows { norm(x + row * d, count: d, into: y + row * d) }
    }
  }

  /// LayerNorm of each row, in place.
  public func layerNorm(_ norm: LayerNorm, rows: Int, inPlace matrix: inout Matrix) {
    let d = matrix.columnCount
    require(matrix.rowCount >= rows, "norm has \(rows) rows")
    require((norm.scale?.width ?? d) == d && (norm.shift?.width ?? d) == d, "norm parameters are [\(d)]")
    nonisolated(unsafe) let x = matrix.base
    parallel(rows: rows, columns: d) { rows in
      for row in rows { norm(x + row * d, count: d, into: x + row * d) }
    }
  }

  /// LayerNorm over each head's share of the columns from `firstColumn`, in place: QK-norm.
  ///
  /// - Parameter matrix: [rows, …]; heads lie side by side, `norm.scale.width` columns each.
  public func headNorm(
    _ norm: LayerNorm, rows: Int, firstColumn: Int, headCount: Int, headWidth: Int,
    inPlace matrix: inout Matrix
  ) {
    let stride = matrix.columnCount
    require(firstColumn + headCount * headWidth <= stride && matrix.rowCount >= rows, "heads lie in the row")
    require((norm.scale?.width ?? headWidth) == headWidth, "QK-norm parameters are [\(headWidth)]")
    nonisolated(unsafe) let x = matrix.base
    parallel(rows: rows, columns: headCount * headWidth) { rows in
      for row in rows {
        for head in 0..<headCount {
          let start = x + row * stride + firstColumn + head * headWidth
          norm(start, count: headWidth, into: start)
        }
      }
    }
  }

  /// Each row brought to length 1.
  public func normalize(
    _ input: borrowing Matrix, _ normalization: L2Normalization, rows: Int, into output: inout Matrix
  ) {
    let d = input.columnCount
    require(output.columnCount == d, "normalisation keeps the width")
    require(min(input.rowCount, output.rowCount) >= rows, "normalisation has \(rows) rows")
    nonisolated(unsafe) let (x, y) = (input.base, output.base)
    parallel(rows: rows, columns: d) { rows in
      for row in rows {
        let factor = normalization.factor(squares: sum(x + row * d, count: d) { $0 * $0 })
        map(x + row * d, count: d, into: y + row * d) { v, _ in v * factor }
      }
    }
  }
}
