import KernelInterface

/// Finishes a block of sums and puts it where it belongs.
///
/// - Parameters:
///   - block: rows `stride` apart, beginning with the first of `columns`.
///   - columns: which of the product's columns these are, for bias and gain.
@inline(never)
func finishSums(
  _ block: UnsafePointer<Float>, rows: Int, stride: Int, columns: Range<Int>, finish: Finish, target: Target
) {
  switch finish.kind {
  case .store: finishEach(block, rows, stride, columns, finish, target) { x, _ in x }
  case .activate(.geluTanh): finishEach(block, rows, stride, columns, finish, target) { x, _ in geluTanh(x) }
  case .activate(.geluErf): finishEach(block, rows, stride, columns, finish, target) { x, _ in geluErf(x) }
  case .activate(.tanh): finishEach(block, rows, stride, columns, finish, target) { x, _ in tanh(x) }
  case .accumulate: finishEach(block, rows, stride, columns, finish, target) { x, y in y + x }
  }
}

/// - Parameter body: the new element, of the finished sum and of what the target holds.
@inline(__always)
private func finishEach(
  _ block: UnsafePointer<Float>, _ rows: Int, _ stride: Int, _ columns: Range<Int>, _ finish: Finish,
  _ target: Target, _ body: (_ x: Vector, _ y: Vector) -> Vector
) {
  for column in Swift.stride(from: columns.lowerBound, to: columns.upperBound, by: lanes) {
    let count = min(lanes, columns.upperBound - column)
    let bias = finish.bias.map { load($0 + column, count: count) }
    let gain = finish.gain.map { load($0 + column, count: count) }
    for row in 0..<rows {
      var x = load(block + row * stride + column - columns.lowerBound)
      if let bias { x += bias }
      if let gain { x *= gain }
      let place = target.base + row * target.stride + column
      store(body(x, load(place, count: count)), place, count: count)
    }
  }
}
