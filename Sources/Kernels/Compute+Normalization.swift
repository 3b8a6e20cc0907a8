import KernelInterface

/// How a vector is brought to length 1. The implementations of Soft MoE differ here.
package enum L2Normalization: Sendable {
  /// v · rsqrt(Σv² + ε).
  case epsilonInsideRoot(Float)
  /// v / (‖v‖ + ε).
  case epsilonAdded(Float)
  /// v / max(‖v‖, ε).
  case epsilonFloor(Float)

  /// The factor for a vector whose squares sum to `squares`.
  package func factor(squares: Float) -> Float {
    switch self {
    case .epsilonInsideRoot(let epsilon): 1 / (squares + epsilon).squareRoot()
    case .epsilonAdded(let epsilon): 1 / (squares.squareRoot() + epsilon)
    case .epsilonFloor(let epsilon): 1 / max(squares.squareRoot(), epsilon)
    }
  }
}

/// Scale and shift of a LayerNorm, or of an RMSNorm; a scale alone where the model has no shift.
package struct LayerNorm: Sendable {
  /// [d], or nil for 1.
  package let scale: WeightVectors?
  /// [d], or nil for 0.
  package let shift: WeightVectors?
  /// Added to the variance.
  package let epsilon: Float
  /// Whether the mean is taken off; an RMSNorm leaves it.
  package let isCentered: Bool

  /// A norm with learned parameters.
  package init(scale: WeightVectors?, shift: WeightVectors?, epsilon: Float, isCentered: Bool = true) {
    (self.scale, self.shift, self.epsilon, self.isCentered) = (scale, shift, epsilon, isCentered)
  }
}

extension Compute {
  /// LayerNorm of each row.
  ///
  /// - Parameters:
  ///   - input: [rows, d].
  ///   - output: [rows, d].
  package func layerNorm(
    _ input: borrowing Matrix, _ norm: LayerNorm, rows: Int, into output: inout Matrix
  ) {
    let d = input.columnCount
    require(output.columnCount == d, "a norm keeps the width")
    require(min(input.rowCount, output.rowCount) >= rows, "norm has \(rows) rows")
    layerNorm(norm, from: input.base, rows: rows, width: d, into: output.base)
  }

  /// LayerNorm of each row, in place.
  package func layerNorm(_ norm: LayerNorm, rows: Int, inPlace matrix: inout Matrix) {
    require(matrix.rowCount >= rows, "norm has \(rows) rows")
    layerNorm(norm, from: matrix.base, rows: rows, width: matrix.columnCount, into: matrix.base)
  }

  private func layerNorm(
    _ norm: LayerNorm, from source: UnsafePointer<Float>, rows: Int, width d: Int,
    into target: UnsafeMutablePointer<Float>
  ) {
    require((norm.scale?.width ?? d) == d && (norm.shift?.width ?? d) == d, "norm parameters are [\(d)]")
    let blocks = rowBlocks(rows: rows, columns: d)
    run(
      LayerNormWork(
        loops: loops, norm: norm, blocks: blocks, x: source, y: target, stride: d, groups: 1, width: d),
      jobs: blocks.count)
  }

  /// LayerNorm over each head's share of the columns from `firstColumn`, in place: QK-norm.
  ///
  /// - Parameter matrix: [rows, …]; heads lie side by side, `norm.scale.width` columns each.
  package func headNorm(
    _ norm: LayerNorm, rows: Int, firstColumn: Int, headCount: Int, headWidth: Int,
    inPlace matrix: inout Matrix
  ) {
    let stride = matrix.columnCount
    require(firstColumn + headCount * headWidth <= stride && matrix.rowCount >= rows, "heads lie in the row")
    require((norm.scale?.width ?? headWidth) == headWidth, "QK-norm parameters are [\(headWidth)]")
    let blocks = rowBlocks(rows: rows, columns: headCount * headWidth)
    let first = matrix.base + firstColumn
    run(
      LayerNormWork(
        loops: loops, norm: norm, blocks: blocks, x: first, y: first, stride: stride, groups: headCount,
        width: headWidth), jobs: blocks.count)
  }

  /// Each row brought to length 1.
  package func normalize(
    _ input: borrowing Matrix, _ normalization: L2Normalization, rows: Int, into output: inout Matrix
  ) {
    let d = input.columnCount
    require(output.columnCount == d, "normalisation keeps the width")
    require(min(input.rowCount, output.rowCount) >= rows, "normalisation has \(rows) rows")
    let blocks = rowBlocks(rows: rows, columns: d)
    run(
      L2NormalizationWork(
        loops: loops, normalization: normalization, blocks: blocks, width: d, x: input.base, y: output.base),
      jobs: blocks.count)
  }
}

/// Some rows, each of which may have several groups of columns, normalised one by one.
private struct LayerNormWork: ParallelWork {
  let loops: any VectorKernels
  let norm: LayerNorm
  let blocks: RowBlocks
  let x: UnsafePointer<Float>
  let y: UnsafeMutablePointer<Float>
  let stride, groups, width: Int

  func run(job: Int, _ scratch: Scratch) {
    let rows = blocks.range(job)
    for group in 0..<groups {
      let first = rows.lowerBound * stride + group * width
      loops.layerNormOfRows(
        x + first, rows: rows.count, count: width, stride: stride, scale: norm.scale?.base,
        shift: norm.shift?.base, epsilon: norm.epsilon, isCentered: norm.isCentered, into: y + first)
    }
  }
}

private struct L2NormalizationWork: ParallelWork {
  let loops: any VectorKernels
  let normalization: L2Normalization
  let blocks: RowBlocks
  let width: Int
  let x: UnsafePointer<Float>
  let y: UnsafeMutablePointer<Float>

  func run(job: Int, _ scratch: Scratch) {
    for row in blocks.range(job) {
      let factor = normalization.factor(squares: loops.sumOfSquares(x + row * width, count: width))
      loops.scale(x + row * width, count: width, by: factor, into: y + row * width)
    }
  }
}
