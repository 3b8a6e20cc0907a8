import COpenBLAS
import KernelInterface

extension KernelSet {
  /// `target = finish(left · right)`; the columns begin at a multiple of 16.
  ///
  /// - Parameter scratch: at least `productScratch(rows:k:)` Floats.
  @inline(__always)
  func product(
    rows: Int, columns: Range<Int>, left: LeftOperand, right: PackedOperand, finish: Finish, target: Target,
    scratch: UnsafeMutablePointer<Float>
  ) {
    if usesOpenBLAS {
      productByOpenBLAS(rows, columns, left, right, finish, target, scratch)
    } else {
      loops.product(
        rows: rows, columns: columns, left: left, right: right, finish: finish, target: target,
        scratch: scratch)
    }
  }

  /// Floats of scratch for a product with so many rows at most.
  func productScratch(rows: Int, k: Int) -> Int {
    usesOpenBLAS ? (k + rows) * Self.openBLASColumns : loops.productScratch(k: k)
  }

  /// Columns that OpenBLAS multiplies at a time.
  private static var openBLASColumns: Int { 256 }

  private func productByOpenBLAS(
    _ rows: Int, _ columns: Range<Int>, _ left: LeftOperand, _ right: PackedOperand, _ finish: Finish,
    _ target: Target, _ scratch: UnsafeMutablePointer<Float>
  ) {
    let isTransposed = left.kStride != 1
    for first in stride(from: columns.lowerBound, to: columns.upperBound, by: Self.openBLASColumns) {
      let chunk = first..<min(columns.upperBound, first + Self.openBLASColumns)
      let (weights, block) = (scratch, scratch + right.k * chunk.count)
      loops.unpack(right, columns: chunk, into: weights)
      cblas_sgemm(
        CblasRowMajor, isTransposed ? CblasTrans : CblasNoTrans, CblasNoTrans, blasint(rows),
        blasint(chunk.count), blasint(right.k), 1, left.base,
        blasint(isTransposed ? left.kStride : left.rowStride), weights, blasint(chunk.count), 0, block,
        blasint(chunk.count))
      loops.finishBlock(
        block, rows: rows, stride: chunk.count, columns: chunk, finish: finish, target: target)
    }
  }
}
