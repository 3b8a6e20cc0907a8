import KernelInterface

extension Compute {
  /// Copies rows.
  package func copy(_ input: borrowing Matrix, rows: Int, into output: inout Matrix) {
    require(
      input.columnCount == output.columnCount && min(input.rowCount, output.rowCount) >= rows,
      "a copy has \(rows) rows of the same width")
    output.base.update(from: input.base, count: rows * input.columnCount)
  }

  /// `output += input` for rows of the same width.
  package func add(_ input: borrowing Matrix, rows: Int, to output: inout Matrix) {
    let d = input.columnCount
    require(
      d == output.columnCount && min(input.rowCount, output.rowCount) >= rows,
      "a sum has \(rows) rows of the same width")
    let blocks = rowBlocks(rows: rows, columns: d)
    run(AddWork(loops: loops, blocks: blocks, width: d, x: input.base, y: output.base), jobs: blocks.count)
  }

  /// Rounds rows to bfloat16, ties to even, and leaves them as Float. NaN stays NaN.
  package func roundToBFloat16(rows: Int, inPlace matrix: inout Matrix) {
    require(matrix.rowCount >= rows, "rounding has \(rows) rows")
    let d = matrix.columnCount
    let blocks = rowBlocks(rows: rows, columns: d)
    run(RoundingWork(loops: loops, blocks: blocks, width: d, x: matrix.base), jobs: blocks.count)
  }
}

private struct AddWork: ParallelWork {
  let loops: any VectorKernels
  let blocks: RowBlocks
  let width: Int
  let x: UnsafePointer<Float>
  let y: UnsafeMutablePointer<Float>

  func run(job: Int, _ scratch: Scratch) {
    let rows = blocks.range(job)
    let first = rows.lowerBound * width
    loops.add(x + first, count: rows.count * width, to: y + first)
  }
}

private struct RoundingWork: ParallelWork {
  let loops: any VectorKernels
  let blocks: RowBlocks
  let width: Int
  let x: UnsafeMutablePointer<Float>

  func run(job: Int, _ scratch: Scratch) {
    let rows = blocks.range(job)
    let first = x + rows.lowerBound * width
    loops.roundToBFloat16(first, count: rows.count * width, into: first)
  }
}
