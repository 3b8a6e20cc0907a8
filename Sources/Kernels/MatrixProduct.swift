import COpenBLAS

/// An operand of a matrix product: row-major memory and the distance between its rows.
struct Operand {
  let base: UnsafePointer<Float>
  let stride: Int
  var isTransposed = false
}

/// `c = alpha · a·b`, the one place where OpenBLAS multiplies.
///
/// Axes: a is [m, k] (or stored [k, m] when transposed), b is [k, n] (or [n, k]), c is [m, n].
/// - Cost: 2·m·n·k FLOP, no allocation after OpenBLAS' own first call on a thread.
@inline(__always)
func product(
  m: Int, n: Int, k: Int, alpha: Float = 1, _ a: Operand, _ b: Operand,
  into c: UnsafeMutablePointer<Float>, stride: Int
) {
  cblas_sgemm(
    CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans, b.isTransposed ? CblasTrans : CblasNoTrans,
    blasint(m), blasint(n), blasint(k), alpha, a.base, blasint(a.stride), b.base, blasint(b.stride), 0, c,
    blasint(stride))
}

/// Columns `columns` of a weight matrix [k, c] as an operand, widened into `panel` where it isn't Float.
///
/// - Parameter panel: room for k × columns Floats, used for bf16 only.
func operand(
  _ weights: WeightStack, _ index: Int, columns: Range<Int>, panel: UnsafeMutablePointer<Float>
) -> Operand {
  let matrix = weights.matrix(index)
  switch weights.element {
  case .f32:
    return Operand(
      base: matrix.assumingMemoryBound(to: Float.self) + columns.lowerBound, stride: weights.outputWidth)
  case .bf16:
    let source = matrix.assumingMemoryBound(to: UInt16.self)
    for row in 0..<weights.inputWidth {
      widen(
        source + row * weights.outputWidth + columns.lowerBound, count: columns.count,
        into: panel + row * columns.count)
    }
    return Operand(base: panel, stride: columns.count)
  }
}

/// bfloat16 → Float, exactly.
@inline(__always)
private func widen(_ source: UnsafePointer<UInt16>, count: Int, into target: UnsafeMutablePointer<Float>) {
  let bits = UnsafeMutableRawPointer(target).assumingMemoryBound(to: UInt32.self)
  for index in 0..<count { bits[index] = UInt32(source[index]) << 16 }
}
