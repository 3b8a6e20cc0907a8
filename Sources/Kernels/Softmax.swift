/// Softmax of one row in place, the maximum taken off first.
@inline(__always)
func softmax(_ row: UnsafeMutablePointer<Float>, count: Int) {
  var maximum = -Float.infinity
  for index in 0..<count { maximum = max(maximum, row[index]) }
  map(row, count: count, into: row) { x, _ in exp(x - maximum) }
  let factor = 1 / sum(row, count: count)
  map(row, count: count, into: row) { x, _ in x * factor }
}

/// Softmax of each column of [rows, columns], and what a column's entropy says.
///
/// Eight columns go down the rows together; each column's sum runs in the order of the rows.
/// - Parameters:
///   - logits: rows `stride` apart.
///   - target: rows `stride` apart.
///   - effectiveRows: [columns], exp of each column's entropy: on how many rows its weight rests.
@inline(__always)
func softmaxOfColumns(
  _ logits: UnsafePointer<Float>, rows: Int, columns: Range<Int>, stride: Int,
  into target: UnsafeMutablePointer<Float>, effectiveRows: UnsafeMutablePointer<Float>
) {
  var column = columns.lowerBound
  while column < columns.upperBound {
    let width = min(8, columns.upperBound - column)
    @inline(__always) func at(_ base: UnsafePointer<Float>, _ row: Int) -> Vector {
      let pointer = base + row * stride + column
      return width == 8 ? load(pointer) : loadTail(pointer, count: width)
    }
    @inline(__always) func put(_ vector: Vector, _ row: Int) {
      let pointer = target + row * stride + column
      if width == 8 { store(vector, pointer) } else { for lane in 0..<width { pointer[lane] = vector[lane] } }
    }
    var maximum = at(logits, 0)
    for row in 1..<max(rows, 1) {
      let x = at(logits, row)
      maximum.replace(with: x, where: x .> maximum)
    }
    var total = Vector()
    // Σ e·(x − max): with p = e/total, the entropy −Σ p·ln p is ln(total) − Σ p·(x − max).
    var weighted = Vector()
    for row in 0..<rows {
      let distance = at(logits, row) - maximum
      let e = exp(distance)
      total += e
      weighted += e * distance
      put(e, row)
    }
    let factor = 1 / total
    for row in 0..<rows { put(at(UnsafePointer(target), row) * factor, row) }
    // exp(ln total − weighted/total) without a logarithm.
    let effective = total * exp(-(weighted * factor))
    for lane in 0..<width { effectiveRows[column + lane] = effective[lane] }
    column += width
  }
}
