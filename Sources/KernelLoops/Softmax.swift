import KernelInterface

extension Loops {
  /// Softmax of rows in place: `exp(scale·x − max) / Σ`.
  package func softmaxOfRows(
    _ base: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int, scale: Float
  ) {
    let whole = columns / lanes * lanes
    for row in 0..<rows {
      let x = base + row * stride
      var maxima = Vector(repeating: -.infinity)
      for index in Swift.stride(from: 0, to: whole, by: lanes) {
        let v = load(x + index)
        maxima.replace(with: v, where: v .> maxima)
      }
      var maximum = largest(maxima)
      for index in whole..<columns { maximum = max(maximum, x[index]) }
      let top = Vector(repeating: maximum * scale)
      var totals = Vector()
      for index in Swift.stride(from: 0, to: whole, by: lanes) {
        let e = exp(bounded: fused(load(x + index), scale, -top))
        totals += e
        store(e, x + index)
      }
      if whole < columns {
        let e = exp(bounded: fused(load(x + whole, count: columns - whole), scale, -top))
        store(e, x + whole, count: columns - whole)
        totals += load(x + whole, count: columns - whole)
      }
      let factor = 1 / total(totals)
      map(x, count: columns, into: x) { v, _, _ in v * factor }
    }
  }

  /// Softmax of each column of [rows, columns], and what a column's entropy says.
  ///
  /// Sixteen columns go down the rows together; each column's sum runs in the order of the rows.
  /// - Parameters:
  ///   - logits: rows `stride` apart.
  ///   - target: rows `stride` apart.
  ///   - concentration: how each column's weight lies on the rows; nil where nobody asks.
  package func softmaxOfColumns(
    _ logits: UnsafePointer<Float>, rows: Int, columns: Range<Int>, stride: Int,
    into target: UnsafeMutablePointer<Float>, concentration: ColumnConcentration?
  ) {
    let isObserved = concentration != nil
    for column in Swift.stride(from: columns.lowerBound, to: columns.upperBound, by: lanes) {
      let count = min(lanes, columns.upperBound - column)
      var maximum = Vector(repeating: -.infinity)
      for row in 0..<rows {
        let x = load(logits + row * stride + column, count: count)
        maximum.replace(with: x, where: x .> maximum)
      }
      var total = Vector()
      // Σ e·(x − max): with p = e/total, the entropy −Σ p·ln p is ln(total) − Σ p·(x − max).
      var weighted = Vector()
      for row in 0..<rows {
        let distance = load(logits + row * stride + column, count: count) - maximum
        let e = exp(bounded: distance)
        total += e
        if isObserved { weighted += e * distance }
        store(e, target + row * stride + column, count: count)
      }
      let factor = 1 / total
      for row in 0..<rows {
        let place = target + row * stride + column
        store(load(place, count: count) * factor, place, count: count)
      }
      guard let concentration else { continue }
      // exp(ln total − weighted/total) without a logarithm.
      store(total * exp(-(weighted * factor)), concentration.effectiveRows + column, count: count)
      // The maximum's own e is 1.
      store(factor, concentration.largest + column, count: count)
    }
  }
}
