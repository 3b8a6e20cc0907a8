/// The inner loops, compiled once for each set of instructions. All of them add in the same order.
///
/// They stand behind a protocol because the program must not meet an instruction that the processor lacks;
/// each call does enough work not to feel it.
package protocol VectorKernels: Sendable {
  /// The instructions, as people call them.
  var instructions: String { get }
  /// Whether the processor multiplies and adds in one step; without that OpenBLAS multiplies.
  var isFused: Bool { get }

  /// `target = finish(left · right)` for some rows and columns; the columns begin at a multiple of 16.
  ///
  /// - Parameters:
  ///   - left: its first row is the first of `rows`.
  ///   - target: likewise.
  ///   - scratch: at least `productScratch(k:)` Floats.
  func product(
    rows: Int, columns: Range<Int>, left: LeftOperand, right: PackedOperand, finish: Finish, target: Target,
    scratch: UnsafeMutablePointer<Float>)

  /// Floats of scratch that `product` needs for a k.
  func productScratch(k: Int) -> Int

  /// Finishes sums that another multiplied: a block of rows `stride` apart, from the first of `columns` on.
  func finishBlock(
    _ block: UnsafePointer<Float>, rows: Int, stride: Int, columns: Range<Int>, finish: Finish, target: Target
  )

  /// Packs rows [k, columns], `stride` apart, into panels [⌈columns/16⌉, k, 16], zeros behind the last column.
  func packRows(
    _ source: UnsafePointer<Float>, k: Int, columns: Int, stride: Int,
    into panels: UnsafeMutablePointer<Float>)

  /// Packs the transpose of rows [columns, k]: each row becomes a column.
  func packTransposed(
    _ source: UnsafePointer<Float>, k: Int, columns: Int, stride: Int,
    into panels: UnsafeMutablePointer<Float>)

  /// Columns of packed weights as rows of Floats, `columns.count` apart, for OpenBLAS.
  func unpack(_ operand: PackedOperand, columns: Range<Int>, into target: UnsafeMutablePointer<Float>)

  /// Softmax of rows in place, `stride` apart: `exp(scale·x − max) / Σ`.
  func softmaxOfRows(
    _ base: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int, scale: Float)

  /// Softmax of each column of rows `stride` apart, and what a column's entropy says.
  ///
  /// - Parameter concentration: how each column's weight lies on the rows; nil where nobody asks.
  func softmaxOfColumns(
    _ logits: UnsafePointer<Float>, rows: Int, columns: Range<Int>, stride: Int,
    into target: UnsafeMutablePointer<Float>, concentration: ColumnConcentration?)

  /// `target = (x − mean) / √(variance + ε) · scale + shift` of each row; `target` may be `source`.
  ///
  /// - Parameter isCentered: false takes 0 for the mean, in the variance too: RMSNorm.
  func layerNormOfRows(
    _ source: UnsafePointer<Float>, rows: Int, count: Int, stride: Int, scale: UnsafePointer<Float>?,
    shift: UnsafePointer<Float>?, epsilon: Float, isCentered: Bool, into target: UnsafeMutablePointer<Float>)

  /// Σ x of a row.
  func sumOfRow(_ row: UnsafePointer<Float>, count: Int) -> Float

  /// Σ x² of a row.
  func sumOfSquares(_ row: UnsafePointer<Float>, count: Int) -> Float

  /// `target = factor · source`.
  func scale(
    _ source: UnsafePointer<Float>, count: Int, by factor: Float, into target: UnsafeMutablePointer<Float>)

  /// `target += source`.
  func add(_ source: UnsafePointer<Float>, count: Int, to target: UnsafeMutablePointer<Float>)

  /// `target += factor · source`, each product and sum rounded once.
  func addScaled(
    _ source: UnsafePointer<Float>, count: Int, by factor: Float, to target: UnsafeMutablePointer<Float>)

  /// `target = factor · Σ rows`, in the order of the rows.
  func meanOfRows(
    _ source: UnsafePointer<Float>, rows: Int, count: Int, stride: Int, factor: Float,
    into target: UnsafeMutablePointer<Float>)

  /// Rounds to bfloat16, ties to even, and leaves it as Float. NaN stays NaN.
  func roundToBFloat16(
    _ source: UnsafePointer<Float>, count: Int, into target: UnsafeMutablePointer<Float>)

  /// `target = activation(source)`, for tests of its error.
  func activate(
    _ source: UnsafePointer<Float>, count: Int, _ function: VectorFunction,
    into target: UnsafeMutablePointer<Float>)

  /// Fused multiply-adds in as many independent registers as keep the units busy; returns some of their sums.
  func fusedMultiplyAdds(rounds: Int) -> Float

  /// Operations that these are: two each.
  func fusedMultiplyAddCount(rounds: Int) -> Int

  /// The sum of a buffer's 64-byte lines, to see how fast memory is read.
  func streamedSum(_ source: UnsafePointer<Float>, count: Int) -> Float
}

/// The element-wise functions, by name.
package enum VectorFunction: Sendable {
  case exp, tanh, erf, geluTanh, geluErf, quickGelu, silu, relu
}
