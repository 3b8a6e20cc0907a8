import KernelInterface

/// What makes queries, keys and values of tokens: `q, k, v = x·W + b`, the first two then normalised.
package struct AttentionProjection: Sendable {
  /// [d, 3·a]: queries, keys, values side by side, heads side by side in each.
  package let qkv: Linear
  /// LayerNorms over each head's width, where the model has them.
  package let queryNorm, keyNorm: LayerNorm?

  /// A projection with the norms that the model has.
  package init(qkv: Linear, queryNorm: LayerNorm? = nil, keyNorm: LayerNorm? = nil) {
    (self.qkv, self.queryNorm, self.keyNorm) = (qkv, queryNorm, keyNorm)
  }

  /// Of the queries (0), the keys (1) or the values (2).
  func norm(_ part: Int) -> LayerNorm? { part == 0 ? queryNorm : part == 1 ? keyNorm : nil }
}

extension Compute {
  /// Multi-head self-attention: `output = softmax(q·kᵀ/√hd)·v` for each head of each image.
  ///
  /// Axes: b images, m tokens, d width, a = heads·hd. The m × m weights never exist: some rows of them at a
  /// time, while a head's keys and values lie packed in a near cache. With heads enough for the threads the
  /// projections don't exist either: each head makes its own.
  /// - Parameters:
  ///   - tokens: [b·m, d].
  ///   - projected: [b·m, 3·a] for as many images as `projectedImageCount` says; scratch.
  ///   - output: [b·m, a].
  /// - Cost: 6·b·m·d·a + 4·b·m²·a FLOP.
  package func attention(
    _ tokens: borrowing Matrix, _ projection: AttentionProjection, imageCount: Int, tokenCount m: Int,
    headCount: Int, projected: inout Matrix, into output: inout Matrix
  ) {
    let a = output.columnCount
    let headWidth = a / headCount
    let qkv = projection.qkv
    require(
      headWidth * headCount == a && tokens.columnCount == qkv.weights.inputWidth
        && qkv.weights.outputWidth == 3 * a, "attention has q, k and v of \(headCount) heads")
    require(min(tokens.rowCount, output.rowCount) >= imageCount * m, "attention has \(imageCount) images")
    let heads = imageCount * headCount
    var work = AttentionWork(
      kernels: kernels, queriesPerImage: m, tokenCount: m, headCount: headCount, headWidth: headWidth,
      scale: 1 / Float(headWidth).squareRoot(), blocks: RowBlocks(rows: m, height: m), output: output.base)
    if imageCount
      > Self.projectedImageCount(
        of: imageCount, headCount: headCount, headWidth: headWidth, threadCount: threadCount, kernels)
    {
      work.projection = HeadProjection(kernels: kernels, projection: projection, x: tokens.base)
    } else {
      linear(tokens, qkv, imageCount: imageCount, rowsPerImage: m, into: &projected)
      for part in 0..<2 {
        guard let norm = projection.norm(part) else { continue }
        headNorm(
          norm, rows: imageCount * m, firstColumn: part * a, headCount: headCount, headWidth: headWidth,
          inPlace: &projected)
      }
      work.input = HeadInput(
        queries: projected.base, keys: projected.base + a, values: projected.base + 2 * a, stride: 3 * a)
      // A head is a job, unless there are too few of them: packing keys and values again costs little.
      let parts = threadCount == 1 ? 1 : max(1, min(2 * threadCount / heads, (m + 47) / 48))
      work.blocks = RowBlocks(rows: m, height: (m + parts - 1) / parts)
    }
    run(work, jobs: heads * work.blocks.count)
  }

  /// The largest batch, of at most `imageCount` images, whose projections `attention` makes all at once.
  package static func projectedImageCount(
    of imageCount: Int, headCount: Int, headWidth: Int, threadCount: Int, _ kernels: KernelSet
  ) -> Int {
    // Heads begin with a panel, and OpenBLAS wants wide matrices.
    guard headWidth % panelWidth == 0, kernels.openBLAS == nil else { return imageCount }
    return min(imageCount, (4 * threadCount - 1) / headCount)
  }

  /// Floats of scratch a thread that `attention` needs.
  package static func attentionScratch(_ kernels: KernelSet, tokenCount: Int, headWidth: Int, width: Int)
    -> Int
  {
    AttentionWork.scratchCount(kernels, tokenCount: tokenCount, headWidth: headWidth, width: width)
  }

  /// Attention of one constant query: `output = softmax(query·kᵀ)·v` for each head of each image.
  ///
  /// - Parameters:
  ///   - keysAndValues: [b·m, 2·d]: keys, then values, heads side by side in each.
  ///   - query: [d], already divided by √hd.
  ///   - output: [b, d].
  /// - Cost: 4·b·m·d FLOP.
  package func attentionPooling(
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
        kernels: kernels, queriesPerImage: 0, tokenCount: m, headCount: headCount, headWidth: headWidth,
        scale: 1, blocks: RowBlocks(rows: 1, height: 1), output: output.base,
        input: HeadInput(
          queries: query.base, keys: keysAndValues.base, values: keysAndValues.base + d, stride: 2 * d)),
      jobs: imageCount * headCount)
  }
}

/// Where a head's queries, keys and values begin; rows `stride` apart.
private struct HeadInput {
  var queries, keys, values: UnsafePointer<Float>
  let stride: Int

  func from(queryRow: Int, tokenRow: Int, column: Int) -> HeadInput {
    HeadInput(
      queries: queries + queryRow * stride + column, keys: keys + tokenRow * stride + column,
      values: values + tokenRow * stride + column, stride: stride)
  }
}

/// Makes one head's queries, keys and values of an image's tokens.
private struct HeadProjection {
  let kernels: KernelSet
  let projection: AttentionProjection
  /// [b·m, d].
  let x: UnsafePointer<Float>

  /// - Parameter rows: [m, 3·hd], overwritten.
  func project(
    image: Int, tokenCount m: Int, head: Int, headWidth: Int, into rows: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) -> HeadInput {
    let (d, a) = (projection.qkv.weights.inputWidth, projection.qkv.weights.outputWidth / 3)
    let stride = 3 * headWidth
    for part in 0..<3 {
      let first = part * a + head * headWidth
      let place = rows + part * headWidth
      kernels.product(
        rows: m, columns: first..<first + headWidth, left: LeftOperand(base: x + image * m * d, rowStride: d),
        right: projection.qkv.weights.matrix(0),
        finish: Epilogue.store.finish(bias: projection.qkv.bias?.base),
        target: Target(base: place - first, stride: stride), scratch: scratch)
      if let norm = projection.norm(part) {
        kernels.loops.layerNormOfRows(
          place, rows: m, count: headWidth, stride: stride, scale: norm.scale?.base, shift: norm.shift?.base,
          epsilon: norm.epsilon, isCentered: norm.isCentered, into: place)
      }
    }
    return HeadInput(queries: rows, keys: rows + headWidth, values: rows + 2 * headWidth, stride: stride)
  }
}

/// One job is some queries of one head of one image.
private struct AttentionWork: ParallelWork {
  let kernels: KernelSet
  /// m, or 0 where all images share one query.
  let queriesPerImage: Int
  let tokenCount, headCount, headWidth: Int
  let scale: Float
  var blocks: RowBlocks
  let output: UnsafeMutablePointer<Float>
  /// Either of these: the first image's first head, or what makes each head's input.
  var input: HeadInput?
  var projection: HeadProjection?

  /// Rows of attention weights that exist at a time.
  private static var weightRows: Int { 48 }

  static func scratchCount(_ kernels: KernelSet, tokenCount: Int, headWidth: Int, width: Int) -> Int {
    let m = panelCount(tokenCount) * panelWidth
    return 3 * tokenCount * headWidth + m * headWidth + panelCount(headWidth) * panelWidth * tokenCount
      + weightRows * m
      + max(
        kernels.productScratch(rows: weightRows, k: max(tokenCount, headWidth)),
        kernels.productScratch(rows: tokenCount, k: width))
  }

  func run(job: Int, _ scratch: Scratch) {
    require(
      scratch.count
        >= Self.scratchCount(
          kernels, tokenCount: tokenCount, headWidth: headWidth,
          width: projection?.projection.qkv.weights.inputWidth ?? headWidth), "scratch for attention")
    let (rest, block) = job.quotientAndRemainder(dividingBy: blocks.count)
    let (image, head) = rest.quotientAndRemainder(dividingBy: headCount)
    let (m, column) = (tokenCount, head * headWidth)
    let weightStride = panelCount(m) * panelWidth

    let packedKeys = scratch.base
    let packedValues = packedKeys + weightStride * headWidth
    let weights = packedValues + panelCount(headWidth) * panelWidth * m
    let projected = weights + Self.weightRows * weightStride
    let productScratch = projected + 3 * m * headWidth
    let input =
      projection?.project(
        image: image, tokenCount: m, head: head, headWidth: headWidth, into: projected,
        scratch: productScratch)
      ?? self.input?.from(queryRow: image * queriesPerImage, tokenRow: image * m, column: column)
    guard let input else { return }
    let loops = kernels.loops
    loops.packTransposed(input.keys, k: headWidth, columns: m, stride: input.stride, into: packedKeys)
    loops.packRows(input.values, k: m, columns: headWidth, stride: input.stride, into: packedValues)

    let outputStride = headCount * headWidth
    let all = blocks.range(block)
    for first in stride(from: all.lowerBound, to: all.upperBound, by: Self.weightRows) {
      let rows = min(Self.weightRows, all.upperBound - first)
      kernels.product(
        rows: rows, columns: 0..<weightStride,
        left: LeftOperand(base: input.queries + first * input.stride, rowStride: input.stride),
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
