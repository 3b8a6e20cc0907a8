extension Compute {
  /// `output = epilogue(input·weights + bias)` for the rows of a batch.
  ///
  /// Axes: b images, m rows an image, k input width, c output width. Every image's product has the same
  /// shape whatever the batch, so its bits are the same in every batch. Work is split by columns: each
  /// worker reads (and widens) its columns of the weights once for all images.
  /// - Parameters:
  ///   - input: [b·m, k].
  ///   - leadingRows: rows that each image of `output` has before the m written ones (a class token's).
  ///   - output: [b·(leadingRows + m), c].
  /// - Cost: 2·b·m·k·c FLOP, no allocation.
  public func linear(
    _ input: borrowing Matrix, _ layer: Linear, imageCount: Int, rowsPerImage: Int, leadingRows: Int = 0,
    _ epilogue: Epilogue = .store, into output: inout Matrix
  ) {
    let (k, c) = (layer.weights.inputWidth, layer.weights.outputWidth)
    let outputRows = leadingRows + rowsPerImage
    require(input.columnCount == k && output.columnCount == c, "linear [\(k), \(c)] fits its operands")
    require(
      input.rowCount >= imageCount * rowsPerImage && output.rowCount >= imageCount * outputRows,
      "linear has rows for \(imageCount) images")
    let chunk = columnChunks(of: c)
    nonisolated(unsafe) let x = input.base
    nonisolated(unsafe) let y = output.base
    nonisolated(unsafe) let bias = layer.bias?.base
    parallel(jobs: chunk.count) { job, scratch in
      let columns = job * chunk.width..<min(c, (job + 1) * chunk.width)
      let panelCount = layer.weights.element == .f32 ? 0 : k * columns.count
      let block = scratch.base + panelCount
      require(
        scratch.count >= panelCount + (epilogue.accumulates ? rowsPerImage * columns.count : 0),
        "scratch for a linear layer")
      let weights = operand(layer.weights, 0, columns: columns, panel: scratch.base)
      for image in 0..<imageCount {
        let target = y + (image * outputRows + leadingRows) * c + columns.lowerBound
        let result = epilogue.accumulates ? block : target
        let resultStride = epilogue.accumulates ? columns.count : c
        product(
          m: rowsPerImage, n: columns.count, k: k,
          Operand(base: x + image * rowsPerImage * k, stride: k), weights, into: result, stride: resultStride)
        epilogue.finish(
          rows: rowsPerImage, columns: columns.count, source: result, sourceStride: resultStride, bias: bias,
          firstColumn: columns.lowerBound, into: target, stride: c)
      }
    }
  }

  /// Floats of scratch a thread that `linear` may need.
  public static func linearScratch(rowsPerImage: Int, inputWidth: Int, outputWidth: Int) -> Int {
    (inputWidth + rowsPerImage) * (outputWidth + 16)
  }
}
