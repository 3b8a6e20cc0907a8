/// What becomes of a matrix product's rows.
public enum Epilogue: Sendable {
  /// `output = product + bias`.
  case store
  /// `output = activation(product + bias)`.
  case activate(Activation)
  /// `output += gain · (product + bias)`: a residual connection, with LayerScale where there is a gain.
  case accumulate(gain: WeightVectors?)

  var accumulates: Bool {
    if case .accumulate = self { true } else { false }
  }

  /// Finishes a block of rows.
  ///
  /// - Parameters:
  ///   - source: the product's rows, `sourceStride` apart.
  ///   - firstColumn: where the block's columns begin in `bias` and gain.
  @inline(__always)
  func finish(
    rows: Int, columns: Int, source: UnsafePointer<Float>, sourceStride: Int,
    bias: UnsafePointer<Float>?, firstColumn: Int, into target: UnsafeMutablePointer<Float>, stride: Int
  ) {
    for row in 0..<rows {
      let from = source + row * sourceStride
      let to = target + row * stride
      switch self {
      case .store:
        guard let bias else {
          if from != UnsafePointer(to) { to.update(from: from, count: columns) }; continue
        }
        map(from, count: columns, into: to) { x, i in x + tailSafe(bias + firstColumn, i, columns) }
      case .activate(let activation):
        if let bias {
          map(from, count: columns, into: to) { x, i in
            activation(x + tailSafe(bias + firstColumn, i, columns))
          }
        } else {
          map(from, count: columns, into: to) { x, _ in activation(x) }
        }
      case .accumulate(let gain):
        map(from, count: columns, into: to) { x, i in
          var y = x
          if let bias { y += tailSafe(bias + firstColumn, i, columns) }
          if let gain { y *= tailSafe(gain.base + firstColumn, i, columns) }
          return y + tailSafe(UnsafePointer(to), i, columns)
        }
      }
    }
  }
}

/// Eight elements from `index`, or as many as there are.
@inline(__always)
func tailSafe(_ base: UnsafePointer<Float>, _ index: Int, _ count: Int) -> Vector {
  index + 8 <= count ? load(base + index) : loadTail(base + index, count: count - index)
}
