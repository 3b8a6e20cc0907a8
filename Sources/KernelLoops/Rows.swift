extension Loops {
  /// `target = (x − mean) / √(variance + ε) · scale + shift` of each row; `target` may be `source`.
  ///
  /// - Parameters:
  ///   - count: elements of a row.
  ///   - stride: from one row to the next, of both.
  ///   - scale: [count], or nil for 1; shift: [count], or nil for 0.
  package func layerNormOfRows(
    _ source: UnsafePointer<Float>, rows: Int, count: Int, stride: Int, scale: UnsafePointer<Float>?,
    shift: UnsafePointer<Float>?, epsilon: Float, isCentered: Bool, into target: UnsafeMutablePointer<Float>
  ) {
    for row in 0..<rows {
      let x = source + row * stride
      let mean = isCentered ? sum(x, count: count) / Float(count) : 0
      let variance = sum(x, count: count) { ($0 - mean) * ($0 - mean) } / Float(count)
      let factor = 1 / (variance + epsilon).squareRoot()
      map(x, count: count, into: target + row * stride) { v, index, count in
        var y = (v - mean) * factor
        if let scale { y *= load(scale + index, count: count) }
        if let shift { y += load(shift + index, count: count) }
        return y
      }
    }
  }

  /// Σ x of a row.
  package func sumOfRow(_ row: UnsafePointer<Float>, count: Int) -> Float { sum(row, count: count) }

  /// Σ x² of a row.
  package func sumOfSquares(_ row: UnsafePointer<Float>, count: Int) -> Float {
    sum(row, count: count) { $0 * $0 }
  }

  /// `target = factor · source`.
  package func scale(
    _ source: UnsafePointer<Float>, count: Int, by factor: Float, into target: UnsafeMutablePointer<Float>
  ) {
    map(source, count: count, into: target) { x, _, _ in x * factor }
  }

  /// `target += source`.
  package func add(_ source: UnsafePointer<Float>, count: Int, to target: UnsafeMutablePointer<Float>) {
    map(source, count: count, into: target) { x, index, count in load(target + index, count: count) + x }
  }

  /// `target += factor · source`, each product and sum rounded once.
  package func addScaled(
    _ source: UnsafePointer<Float>, count: Int, by factor: Float, to target: UnsafeMutablePointer<Float>
  ) {
    let factor = Vector(repeating: factor)
    map(source, count: count, into: target) { x, index, count in
      load(target + index, count: count).addingProduct(factor, x)
    }
  }

  /// `target = factor · Σ rows`, in the order of the rows.
  package func meanOfRows(
    _ source: UnsafePointer<Float>, rows: Int, count: Int, stride: Int, factor: Float,
    into target: UnsafeMutablePointer<Float>
  ) {
    for column in Swift.stride(from: 0, to: count, by: lanes) {
      let width = min(lanes, count - column)
      var total = Vector()
      for row in 0..<rows { total += load(source + row * stride + column, count: width) }
      store(total * factor, target + column, count: width)
    }
  }

  /// Rounds to bfloat16, ties to even, and leaves it as Float. NaN stays NaN.
  package func roundToBFloat16(
    _ source: UnsafePointer<Float>, count: Int, into target: UnsafeMutablePointer<Float>
  ) {
    map(source, count: count, into: target) { x, _, _ in
      let rounded = (bits(x) &+ 0x7FFF &+ ((bits(x) &>> 16) & 1)) & 0xFFFF_0000
      return floats(rounded).replacing(with: x, where: x .!= x)
    }
  }
}
