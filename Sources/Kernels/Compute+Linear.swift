import KernelInterface

extension Compute {
  /// `output = epilogue(input·weights + bias)` for the rows of a batch.
  ///
  /// Axes: b images, m rows an image, k input width, c output width.
  /// - Parameters:
  ///   - input: [b·m, k].
  ///   - leadingRows: rows that each image of `output` has before the m written ones (a class token's).
  ///   - output: [b·(leadingRows + m), c].
  /// - Cost: 2·b·m·k·c FLOP, no allocation.
  package func linear(
    _ input: borrowing Matrix, _ layer: Linear, imageCount: Int, rowsPerImage: Int, leadingRows: Int = 0,
    _ epilogue: Epilogue = .store, into output: inout Matrix
  ) {
    let (k, c) = (layer.weights.inputWidth, layer.weights.outputWidth)
    let outputRows = leadingRows + rowsPerImage
    require(input.columnCount == k && output.columnCount == c, "linear [\(k), \(c)] fits its operands")
    require(
      input.rowCount >= imageCount * rowsPerImage && output.rowCount >= imageCount * outputRows,
      "linear has rows for \(imageCount) images")
    if case .accumulate(let gain?) = epilogue { require(gain.width == c, "a gain is [\(c)]") }
    // Without rows in between, a batch is one tall image.
    let images = leadingRows == 0 ? 1 : imageCount
    let rows = leadingRows == 0 ? imageCount * rowsPerImage : rowsPerImage
    let grid = LinearGrid(images: images, rows: rows, k: k, columns: c, threadCount, kernels)
    run(
      LinearWork(
        grid: grid, kernels: kernels, x: LeftOperand(base: input.base, rowStride: k),
        weights: layer.weights.matrix(0), finish: epilogue.finish(bias: layer.bias?.base),
        y: Target(base: output.base + leadingRows * c, stride: c), outputRows: outputRows), jobs: grid.jobs)
  }

  /// Floats of scratch a thread that `linear` may need.
  package static func linearScratch(_ kernels: KernelSet, rows: Int, inputWidth: Int) -> Int {
    kernels.productScratch(rows: min(rows, LinearGrid.tallest), k: inputWidth)
  }
}

/// How a linear layer is cut into jobs: blocks of rows that stay in a near cache, and, where they are too few
/// for the threads, groups of columns.
private struct LinearGrid {
  static let tallest = 192
  let images: Int
  let blocks: RowBlocks
  let columns, columnStep: Int

  init(images: Int, rows: Int, k: Int, columns: Int, _ threadCount: Int, _ kernels: KernelSet) {
    // 384 KiB of rows at most stay in a near cache.
    let tallest = max(24, min(Self.tallest, 98_304 / max(k, 1)))
    (self.images, self.columns) = (images, columns)
    blocks = RowBlocks(rows: rows, tallest: tallest, threadCount: images == 1 ? threadCount : 1)
    let wanted = threadCount == 1 ? 1 : 4 * threadCount
    let groups = max(1, wanted / (images * blocks.count))
    let panels = (panelCount(columns) + groups - 1) / groups
    // Four panels at least: what few rows read abreast.
    columnStep = max(4, (panels + 3) / 4 * 4) * panelWidth
  }

  var columnGroups: Int { (columns + columnStep - 1) / columnStep }
  var jobs: Int { images * blocks.count * columnGroups }

  func place(of job: Int) -> (image: Int, rows: Range<Int>, columns: Range<Int>) {
    let (rest, group) = job.quotientAndRemainder(dividingBy: columnGroups)
    let (image, block) = rest.quotientAndRemainder(dividingBy: blocks.count)
    return (image, blocks.range(block), group * columnStep..<min(columns, (group + 1) * columnStep))
  }
}

private struct LinearWork: ParallelWork {
  let grid: LinearGrid
  let kernels: KernelSet
  let x: LeftOperand
  let weights: PackedOperand
  let finish: Finish
  let y: Target
  /// Rows from one image of the output to the next.
  let outputRows: Int

  func run(job: Int, _ scratch: Scratch) {
    let (image, rows, columns) = grid.place(of: job)
    let need = kernels.productScratch(rows: rows.count, k: weights.k)
    require(scratch.count >= need, "scratch for a linear layer")
    kernels.product(
      rows: rows.count, columns: columns, left: x.from(row: image * grid.blocks.rows + rows.lowerBound),
      right: weights, finish: finish, target: y.from(row: image * outputRows + rows.lowerBound),
      scratch: scratch.base)
  }
}
