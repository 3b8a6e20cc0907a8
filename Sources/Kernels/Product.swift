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
    if let openBLAS {
      product(by: openBLAS, rows, columns, left, right, finish, target, scratch)
    } else {
      loops.product(
        rows: rows, columns: columns, left: left, right: right, finish: finish, target: target,
        scratch: scratch)
    }
  }

  /// Floats of scratch for a product with so many rows at most.
  func productScratch(rows: Int, k: Int) -> Int {
    openBLAS != nil ? (k + rows) * Self.openBLASColumns : loops.productScratch(k: k)
  }

  /// Columns that OpenBLAS multiplies at a time.
  private static var openBLASColumns: Int { 256 }

  private func product(
    by openBLAS: OpenBLAS, _ rows: Int, _ columns: Range<Int>, _ left: LeftOperand, _ right: PackedOperand,
    _ finish: Finish, _ target: Target, _ scratch: UnsafeMutablePointer<Float>
  ) {
    let isTransposed = left.kStride != 1
    for first in stride(from: columns.lowerBound, to: columns.upperBound, by: Self.openBLASColumns) {
      let chunk = first..<min(columns.upperBound, first + Self.openBLASColumns)
      let (weights, block) = (scratch, scratch + right.k * chunk.count)
      loops.unpack(right, columns: chunk, into: weights)
      openBLAS.multiply(
        m: rows, n: chunk.count, k: right.k, left.base,
        stride: isTransposed ? left.kStride : left.rowStride, isTransposed: isTransposed, weights,
        stride: chunk.count, into: block, stride: chunk.count)
      loops.finishBlock(
        block, rows: rows, stride: chunk.count, columns: chunk, finish: finish, target: target)
    }
  }
}
