extension Compute {
  /// Copies rows.
  public func copy(_ input: borrowing Matrix, rows: Int, into output: inout Matrix) {
    require(
      input.columnCount == output.columnCount && min(input.rowCount, output.rowCount) >= rows,
      "a copy has \(rows) rows of the same width")
    output.base.update(from: input.base, count: rows * input.columnCount)
  }

  /// Rounds rows to bfloat16, ties to even, and leaves them as Float. NaN stays NaN.
  public func roundToBFloat16(rows: Int, inPlace matrix: inout Matrix) {
    require(matrix.rowCount >= rows, "rounding has \(rows) rows")
    let d = matrix.columnCount
    nonisolated(unsafe) let x = matrix.base
    parallel(rows: rows, columns: d) { rows in
      let start = x + rows.lowerBound * d
      map(start, count: rows.count * d, into: start) { v, _ in
        let bits = unsafeBitCast(v, to: SIMD8<UInt32>.self)
        let rounded = (bits &+ 0x7FFF &+ ((bits &>> 16) & 1)) & 0xFFFF_0000
        return unsafeBitCast(rounded, to: Vector.self).replacing(with: v, where: v .!= v)
      }
    }
  }
}
