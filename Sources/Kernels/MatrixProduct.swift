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
/// - Parameter panel: room for k × columns Floats, used for bf16 and f16 only.
func operand(
  _ weights: WeightStack, _ index: Int, columns: Range<Int>, panel: UnsafeMutablePointer<Float>
) -> Operand {
  let matrix = weights.matrix(index)
  switch weights.element {
  case .f32:
    return Operand(
      base: matrix.assumingMemoryBound(to: Float.self) + columns.lowerBound, stride: weights.outputWidth)
  case .bf16, .f16:
    let source = matrix.assumingMemoryBound(to: UInt16.self)
    let widen = weights.element == .f16 ? widenFloat16 : widenBFloat16
    for row in 0..<weights.inputWidth {
      widen(
        source + row * weights.outputWidth + columns.lowerBound, columns.count, panel + row * columns.count)
    }
    return Operand(base: panel, stride: columns.count)
  }
}

/// bfloat16 → Float, exactly.
private func widenBFloat16(
  _ source: UnsafePointer<UInt16>, _ count: Int, _ target: UnsafeMutablePointer<Float>
) {
  let bits = UnsafeMutableRawPointer(target).assumingMemoryBound(to: UInt32.self)
  for index in 0..<count { bits[index] = UInt32(source[index]) << 16 }
}

/// binary16 → Float, exactly, in operations that every vector unit has.
///
/// Exponent and fraction moved into a Float's places are the value times 2^-112, subnormals included.
private func widenFloat16(
  _ source: UnsafePointer<UInt16>, _ count: Int, _ target: UnsafeMutablePointer<Float>
) {
  let scale = Float(bitPattern: (112 + 127) << 23)
  for index in 0..<count {
    let half = UInt32(source[index])
    let magnitude = (Float(bitPattern: (half & 0x7FFF) << 13) * scale).bitPattern
    let infinite: UInt32 = half & 0x7C00 == 0x7C00 ? 0x7F80_0000 : 0
    target[index] = Float(bitPattern: magnitude | infinite | (half & 0x8000) << 16)
  }
}
