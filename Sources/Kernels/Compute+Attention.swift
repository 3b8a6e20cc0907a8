import KernelInterface

extension Compute {
  /// Multi-head self-attention: `output = softmax(q·kᵀ/√hd)·v` for each head of each image.
  ///
  /// Axes: b images, m tokens, d width, hd = d / heads. The m × m weights never exist: some rows of them at a
  /// time, while a head's keys and values lie packed in a near cache.
  /// - Parameters:
  ///   - qkv: [b·m, 3·d]: queries, keys, values side by side, heads side by side in each.
  ///   - output: [b·m, d].
  /// - Cost: 4·b·m²·d FLOP.
  public func attention(
    _ qkv: borrowing Matrix, imageCount: Int, tokenCount m: Int, headCount: Int, into output: inout Matrix
  ) {
    let d = output.columnCount
    let headWidth = d / headCount
    require(
      qkv.columnCount == 3 * d && headWidth * headCount == d, "attention has q, k and v of \(headCount) heads"
    )
    require(min(qkv.rowCount, output.rowCount) >= imageCount * m, "attention has \(imageCount) images")
    // A head is a job, unless there are too few of them: packing keys and values again costs little.
    let heads = imageCount * headCount
    let parts = threadCount == 1 ? 1 : max(1, min(2 * threadCount / heads, (m + 47) / 48))
    let blocks = RowBlocks(rows: m, height: (m + parts - 1) / parts)
    run(
      AttentionWork(
        kernels: kernels, queries: qkv.base, keys: qkv.base + d, values: qkv.base + 2 * d,
        inputStride: 3 * d, queriesPerImage: m, tokenCount: m, headCount: headCount, headWidth: headWidth,
        scale: 1 / Float(headWidth).squareRoot(), blocks: blocks, output: output.base),
      jobs: heads * blocks.count)
  }

  /// Floats of scratch a thread that `attention` needs.
  public static func attentionScratch(_ kernels: KernelSet, tokenCount: Int, headWidth: Int) -> Int {
    AttentionWork.scratchCount(kernels, tokenCount: tokenCount, headWidth: headWidth)
  }

  /// Attention of one constant query: `output = softmax(query·kᵀ)·v` for each head of each image.
  ///
  /// - Parameters:
  ///   - keysAndValues: [b·m, 2·d]: keys, then values, heads side by side in each.
  ///   - query: [d], already divided by √hd.
  ///   - output: [b, d].
  /// - Cost: 4·b·m·d FLOP.
  public func attentionPooling(
    _ keysAndValues: borrowing Matrix, query: WeightVectors, imageCount: Int, tokenCount m: Int,
    headCount: Int, into output: inout Matrix
  ) {
    let d = output.columnCount
    let headWidth = d / headCount
    require(
      keysAndValues.columnCount == 2 * d && query.width == d && headWidth * headCount == d,
      "pooling is [\(d)]")
    require(
      keysAndValues.rowCount >= imageCount * m && output.rowCount >= imageCount,
      "pooling has \(imageCount) images")
    run(
      AttentionWork(
        kernels: kernels, queries: query.base, keys: keysAndValues.base, values: keysAndValues.base + d,
        inputStride: 2 * d, queriesPerImage: 0, tokenCount: m, headCount: headCount, headWidth: headWidth,
        scale: 1, blocks: RowBlocks(rows: 1, height: 1), output: output.base), jobs: imageCount * headCount)
  }
}

/// One job is some queries of one head of one image.
private struct AttentionWork: ParallelWork {
  let kernels: KernelSet
  /// Each its first image's first head; rows `inputStride` apart.
  let queries, keys, values: UnsafePointer<Float>
  let inputStride: Int
  /// m, or 0 where all images share one query.
  let queriesPerImage: Int
  let tokenCount, headCount, headWidth: Int
  let scale: Float
  let blocks: RowBlocks
  let output: UnsafeMutablePointer<Float>

  /// Rows of attention weights that exist at a time.
  private static var weightRows: Int { 48 }

  static func scratchCount(_ kernels: KernelSet, tokenCount: Int, headWidth: Int) -> Int {
    let m = panelCount(tokenCount) * panelWidth
    return m * headWidth + panelCount(headWidth) * panelWidth * tokenCount + weightRows * m
      + kernels.productScratch(rows: weightRows, k: max(tokenCount, headWidth))
  }

  func run(job: Int, _ scratch: Scratch) {
    require(
      scratch.count >= Self.scratchCount(kernels, tokenCount: tokenCount, headWidth: headWidth),
      "scratch for attention")
    let (rest, block) = job.quotientAndRemainder(dividingBy: blocks.count)
    let (image, head) = rest.quotientAndRemainder(dividingBy: headCount)
    let (m, column) = (tokenCount, head * headWidth)
    let weightStride = panelCount(m) * panelWidth

    let packedKeys = scratch.base
    let packedValues = packedKeys + weightStride * headWidth
    let weights = packedValues + panelCount(headWidth) * panelWidth * m
    let productScratch = weights + Self.weightRows * weightStride
    let loops = kernels.loops
    loops.packTransposed(
      keys + image * m * inputStride + column, k: headWidth, columns: m, stride: inputStride, into: packedKeys
    )
    loops.packRows(
      values + image * m * inputStride + column, k: m, columns: headWidth, stride: inputStride,
      into: packedValues)

    let outputStride = headCount * headWidth
    let all = blocks.range(block)
    for first in stride(from: all.lowerBound, to: all.upperBound, by: Self.weightRows) {
      let rows = min(Self.weightRows, all.upperBound - first)
      kernels.product(
        rows: rows, columns: 0..<weightStride,
        left: LeftOperand(
          base: queries + (image * queriesPerImage + first) * inputStride + column, rowStride: inputStride),
        right: PackedOperand(base: packedKeys, element: .f32, k: headWidth), finish: Finish(.store),
        target: Target(base: weights, stride: weightStride), scratch: productScratch)
      // Whole panels: what fills up the last one weighs nothing.
      for row in 0..<rows {
        (weights + row * weightStride + m).update(repeating: -.infinity, count: weightStride - m)
      }
      loops.softmaxOfRows(weights, rows: rows, columns: weightStride, stride: weightStride, scale: scale)
      kernels.product(
        rows: rows, columns: 0..<headWidth, left: LeftOperand(base: weights, rowStride: weightStride),
        right: PackedOperand(base: packedValues, element: .f32, k: m), finish: Finish(.store),
        target: Target(
          base: output + (image * blocks.rows + first) * outputStride + column, stride: outputStride),
        scratch: productScratch)
    }
  }
}
