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

  /// Adds position embeddings, and puts the class token and the prefix, where there are any, in front.
  ///
  /// - Parameters:
  ///   - classToken: [d], or nil.
  ///   - prefix: [k, d], between the class token and the patches; it has no positions.
  ///   - positions: of the patches, [patches, d], or of the class token and them, [1 + patches, d], or nil.
  ///   - tokens: [b·m, d], patch rows already written.
  package func addPositions(
    _ positions: WeightVectors?, classToken: WeightVectors?, prefix: WeightVectors?, imageCount: Int,
    patchCount: Int, to tokens: inout Matrix
  ) {
    let d = tokens.columnCount
    let m = (classToken == nil ? 0 : 1) + (prefix?.count ?? 0) + patchCount
    require(tokens.rowCount >= imageCount * m, "tokens for \(imageCount) images")
    require(
      (classToken?.width ?? d) == d && (positions?.width ?? d) == d && (prefix?.width ?? d) == d,
      "embeddings are [\(d)]")
    let leading = positions.map { $0.count - patchCount } ?? 0
    require(
      leading == 0 || (leading == 1 && classToken != nil), "a position for each patch, or the class token too"
    )
    run(
      PositionWork(
        loops: loops, positions: positions, classToken: classToken, prefix: prefix, tokenCount: m,
        patchCount: patchCount, width: d, x: tokens.base),
      jobs: imageCount)
  }

  /// The mean of each image's tokens: `output[i] = (1/(m − first))·Σ_{t ≥ first} tokens[i, t]`.
  ///
  /// - Parameters:
  ///   - tokens: [b·m, d].
  ///   - firstToken: tokens before it (a class token) don't count.
  ///   - firstColumn: where in the output's rows the mean stands.
  ///   - output: [b, …].
  package func meanOfTokens(
    _ tokens: borrowing Matrix, imageCount: Int, tokenCount m: Int, firstToken: Int, firstColumn: Int = 0,
    into output: inout Matrix
  ) {
    let d = tokens.columnCount
    require(output.columnCount >= firstColumn + d && output.rowCount >= imageCount, "features are [b, \(d)]")
    require(tokens.rowCount >= imageCount * m && firstToken < m, "tokens for \(imageCount) images")
    run(
      MeanWork(
        loops: loops, rows: m - firstToken, columns: d, x: tokens.base + firstToken * d, rowsPerImage: m,
        y: output.base + firstColumn, stride: output.columnCount), jobs: imageCount)
  }

  /// One token of each image: `output[i] = tokens[i, index]`.
  package func selectToken(
    _ tokens: borrowing Matrix, _ index: Int, imageCount: Int, tokenCount m: Int, firstColumn: Int = 0,
    into output: inout Matrix
  ) {
    let d = tokens.columnCount
    let stride = output.columnCount
    require(stride >= firstColumn + d && output.rowCount >= imageCount, "features are [b, \(d)]")
    require(tokens.rowCount >= imageCount * m && index < m, "tokens for \(imageCount) images")
    for image in 0..<imageCount {
      (output.base + image * stride + firstColumn).update(
        from: tokens.base + (image * m + index) * d, count: d)
    }
  }
}

private struct PositionWork: ParallelWork {
  let loops: any VectorKernels
  let positions, classToken, prefix: WeightVectors?
  let tokenCount, patchCount, width: Int
  let x: UnsafeMutablePointer<Float>

  func run(job image: Int, _ scratch: Scratch) {
    let first = x + image * tokenCount * width
    if let classToken { first.update(from: classToken.base, count: width) }
    let patches = first + (tokenCount - patchCount) * width
    if let prefix { (patches - prefix.count * width).update(from: prefix.base, count: prefix.count * width) }
    guard let positions else { return }
    let leading = positions.count - patchCount
    if leading > 0 { loops.add(positions.base, count: leading * width, to: first) }
    loops.add(positions.base + leading * width, count: patchCount * width, to: patches)
  }
}
