extension Compute {
  /// Multi-head self-attention: `output = softmax(q·kᵀ/√hd)·v` for each head of each image.
  ///
  /// Axes: b images, m tokens, d width, hd = d / heads.
  /// - Parameters:
  ///   - qkv: [b·m, 3·d]: queries, keys, values side by side, heads side by side in each.
  ///   - output: [b·m, d].
  /// - Cost: 4·b·m²·d FLOP; one m×m scratch matrix a thread.
  public func attention(
    _ qkv: borrowing Matrix, imageCount: Int, tokenCount m: Int, headCount: Int, into output: inout Matrix
  ) {
    let d = output.columnCount
    let headWidth = d / headCount
    require(
      qkv.columnCount == 3 * d && headWidth * headCount == d, "attention has q, k and v of \(headCount) heads"
    )
    require(min(qkv.rowCount, output.rowCount) >= imageCount * m, "attention has \(imageCount) images")
    let scale = 1 / Float(headWidth).squareRoot()
    nonisolated(unsafe) let (x, y) = (qkv.base, output.base)
    parallel(jobs: imageCount * headCount) { job, scratch in
      require(scratch.count >= m * m, "scratch for attention")
      let (image, head) = job.quotientAndRemainder(dividingBy: headCount)
      let q = x + image * m * 3 * d + head * headWidth
      let weights = scratch.base
      product(
        m: m, n: m, k: headWidth, alpha: scale, Operand(base: q, stride: 3 * d),
        Operand(base: q + d, stride: 3 * d, isTransposed: true), into: weights, stride: m)
      for row in 0..<m { softmax(weights + row * m, count: m) }
      product(
        m: m, n: headWidth, k: m, Operand(base: weights, stride: m), Operand(base: q + 2 * d, stride: 3 * d),
        into: y + image * m * d + head * headWidth, stride: d)
    }
  }

  /// Floats of scratch a thread that `attention` needs.
  public static func attentionScratch(tokenCount: Int) -> Int { tokenCount * tokenCount }

  /// Attention of one constant query: `output = softmax(query·kᵀ)·v` for each head of each image.
  ///
  /// - Parameters:
  ///   - keysAndValues: [b·m, 2·d]: keys, then values, heads side by side in each.
  ///   - query: [d], already divided by √hd.
  ///   - output: [b, d].
  /// - Cost: 4·b·m·d FLOP; m Floats of scratch a thread.
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
    nonisolated(unsafe) let (x, y) = (keysAndValues.base, output.base)
    parallel(jobs: imageCount * headCount) { job, scratch in
      require(scratch.count >= m, "scratch for pooling")
      let (image, head) = job.quotientAndRemainder(dividingBy: headCount)
      let keys = x + image * m * 2 * d + head * headWidth
      product(
        m: 1, n: m, k: headWidth, Operand(base: query.base + head * headWidth, stride: d),
        Operand(base: keys, stride: 2 * d, isTransposed: true), into: scratch.base, stride: m)
      softmax(scratch.base, count: m)
      product(
        m: 1, n: headWidth, k: m, Operand(base: scratch.base, stride: m),
        Operand(base: keys + d, stride: 2 * d), into: y + image * d + head * headWidth, stride: d)
    }
  }
}
