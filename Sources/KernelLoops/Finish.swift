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
  for column in Swift.stride(from: columns.lowerBound, to: columns.upperBound, by: lanes) {
    let count = min(lanes, columns.upperBound - column)
    let bias = finish.bias.map { load($0 + column, count: count) } ?? Vector()
    let gain = finish.gain.map { load($0 + column, count: count) } ?? Vector(repeating: 1)
    for row in 0..<rows {
      let sum = load(block + row * stride + column - columns.lowerBound)
      let x = (sum + bias) * gain
      let place = target.base + row * target.stride + column
      // One branch for sixteen elements: it always goes the same way.
      let y =
        switch finish.kind {
        case .store: x
        case .activate(.geluTanh): geluTanh(x)
        case .activate(.geluErf): geluErf(x)
        case .activate(.quickGelu): sigmoidWeighted(x, 1.702)
        case .activate(.silu): sigmoidWeighted(x, 1)
        case .activate(.relu): relu(x)
        case .activate(.tanh): tanh(x)
        case .multiply: load(place, count: count) * x
        case .accumulate: load(place, count: count) + x
        }
      store(y, place, count: count)
    }
  }
}
