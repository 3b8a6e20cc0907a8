import KernelInterface

/// What happens to tokens at the two ends of the encoder.
extension Compute {
  /// Cuts one normalised image into patches.
  ///
  /// - Parameters:
  ///   - image: [H, W, 3], H and W multiples of `patchSize`.
  ///   - patches: rows `firstRow…`, one a patch in reading order, each [P, P, 3]; overwritten.
  package func extractPatches(
    _ image: [Float], height: Int, width: Int, patchSize: Int, into patches: inout Matrix, firstRow: Int
  ) {
    let (rows, columns) = (height / patchSize, width / patchSize)
    let run = patchSize * 3
    require(image.count == height * width * 3, "an image is [\(height), \(width), 3]")
    require(
      patches.columnCount == patchSize * run && patches.rowCount >= firstRow + rows * columns,
      "room for \(rows * columns) patches")
    nonisolated(unsafe) let base = patches.base
    image.withUnsafeBufferPointer { pixels in
      guard let source = pixels.baseAddress else { return }
      for y in 0..<rows * patchSize {
        for column in 0..<columns {
          let patch = firstRow + y / patchSize * columns + column
          (base + patch * patches.columnCount + y % patchSize * run)
            .update(from: source + (y * width + column * patchSize) * 3, count: run)
        }
      }
    }
  }

  /// Adds position embeddings, and puts the class token in front where there is one.
  ///
  /// - Parameters:
  ///   - classToken: [d], or nil.
  ///   - positions: [m, d], or [m − 1, d] when the class token has none, or nil.
  ///   - tokens: [b·m, d], patch rows already written.
  package func addPositions(
    _ positions: WeightVectors?, classToken: WeightVectors?, imageCount: Int, tokenCount m: Int,
    to tokens: inout Matrix
  ) {
    let d = tokens.columnCount
    require(tokens.rowCount >= imageCount * m, "tokens for \(imageCount) images")
    require((classToken?.width ?? d) == d && (positions?.width ?? d) == d, "embeddings are [\(d)]")
    let skipped = positions.map { m - $0.count } ?? 0
    require(skipped == 0 || (skipped == 1 && classToken != nil), "a position for each token or each patch")
    run(
      PositionWork(
        loops: loops, positions: positions, classToken: classToken, tokenCount: m, width: d, x: tokens.base),
      jobs: imageCount)
  }

  /// The mean of each image's tokens: `output[i] = (1/(m − first))·Σ_{t ≥ first} tokens[i, t]`.
  ///
  /// - Parameters:
  ///   - tokens: [b·m, d].
  ///   - firstToken: tokens before it (a class token) don't count.
  ///   - output: [b, d].
  package func meanOfTokens(
    _ tokens: borrowing Matrix, imageCount: Int, tokenCount m: Int, firstToken: Int, into output: inout Matrix
  ) {
    let d = tokens.columnCount
    require(output.columnCount == d && output.rowCount >= imageCount, "features are [b, \(d)]")
    require(tokens.rowCount >= imageCount * m && firstToken < m, "tokens for \(imageCount) images")
    run(
      MeanWork(
        loops: loops, rows: m - firstToken, columns: d, x: tokens.base + firstToken * d, rowsPerImage: m,
        y: output.base), jobs: imageCount)
  }

  /// One token of each image: `output[i] = tokens[i, index]`.
  package func selectToken(
    _ tokens: borrowing Matrix, _ index: Int, imageCount: Int, tokenCount m: Int, into output: inout Matrix
  ) {
    let d = tokens.columnCount
    require(output.columnCount == d && output.rowCount >= imageCount, "features are [b, \(d)]")
    require(tokens.rowCount >= imageCount * m && index < m, "tokens for \(imageCount) images")
    for image in 0..<imageCount {
      (output.base + image * d).update(from: tokens.base + (image * m + index) * d, count: d)
    }
  }
}

private struct PositionWork: ParallelWork {
  let loops: any VectorKernels
  let positions, classToken: WeightVectors?
  let tokenCount, width: Int
  let x: UnsafeMutablePointer<Float>

  func run(job image: Int, _ scratch: Scratch) {
    let first = x + image * tokenCount * width
    if let classToken { first.update(from: classToken.base, count: width) }
    if let positions {
      let target = first + (tokenCount - positions.count) * width
      loops.add(positions.base, count: positions.count * width, to: target)
    }
  }
}
