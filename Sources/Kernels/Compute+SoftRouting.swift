/// The steps of Soft MoE's routing. Axes: b images, m tokens, s slots, d width.
///
/// Slot inputs and outputs are slot-major, [s, b, d]: all rows of one expert's slots, over all images,
/// lie together, so an expert runs one product for the whole batch.
/// - Source: arXiv 2308.00951, section 2.1.
extension Compute {
  /// `dispatch = softmax of routerLogits over the tokens`: every slot's column sums to 1.
  ///
  /// - Parameters:
  ///   - routerLogits: [b·m, s].
  ///   - dispatchWeights: [b·m, s].
  ///   - effectiveTokens: rows `firstRow ..< firstRow + b` of width s receive exp(entropy) of each column,
  ///     between 1 (the slot reads one token) and m (it averages them all).
  public func softmaxOverTokens(
    _ routerLogits: borrowing Matrix, imageCount: Int, tokenCount m: Int, into dispatchWeights: inout Matrix,
    effectiveTokens: inout Matrix, firstRow: Int
  ) {
    let s = routerLogits.columnCount
    require(dispatchWeights.columnCount == s && effectiveTokens.columnCount == s, "dispatch has \(s) slots")
    require(
      min(routerLogits.rowCount, dispatchWeights.rowCount) >= imageCount * m
        && effectiveTokens.rowCount >= firstRow + imageCount, "dispatch has \(imageCount) images")
    nonisolated(unsafe) let (x, y, effective) = (
      routerLogits.base, dispatchWeights.base, effectiveTokens.base
    )
    let chunk = columnChunks(of: s)
    parallel(jobs: imageCount * chunk.count) { job, _ in
      let (image, part) = job.quotientAndRemainder(dividingBy: chunk.count)
      softmaxOfColumns(
        x + image * m * s, rows: m, columns: part * chunk.width..<min(s, (part + 1) * chunk.width), stride: s,
        into: y + image * m * s, effectiveRows: effective + (firstRow + image) * s)
    }
  }

  /// `combine = softmax of routerLogits over the slots`: every token's row sums to 1. In place.
  ///
  /// - Parameter routerLogits: [b·m, s], overwritten with the combine weights.
  public func softmaxOverSlots(rows: Int, inPlace routerLogits: inout Matrix) {
    let s = routerLogits.columnCount
    require(routerLogits.rowCount >= rows, "combine has \(rows) rows")
    nonisolated(unsafe) let x = routerLogits.base
    parallel(rows: rows, columns: s) { rows in
      for row in rows { softmax(x + row * s, count: s) }
    }
  }

  /// `slotInputs = dispatchWeightsᵀ · tokens`: mixes tokens into slots.
  ///
  /// - Parameters:
  ///   - tokens: [b·m, d].
  ///   - dispatchWeights: [b·m, s].
  ///   - slotInputs: [s·b, d], slot-major, overwritten.
  /// - Cost: 2·b·m·s·d FLOP.
  public func mixTokens(
    _ tokens: borrowing Matrix, _ dispatchWeights: borrowing Matrix, imageCount: Int, tokenCount m: Int,
    into slotInputs: inout Matrix
  ) {
    let (s, d) = (dispatchWeights.columnCount, tokens.columnCount)
    require(slotInputs.columnCount == d && slotInputs.rowCount >= s * imageCount, "slot inputs are [s·b, d]")
    require(
      min(tokens.rowCount, dispatchWeights.rowCount) >= imageCount * m, "mixing has \(imageCount) images")
    nonisolated(unsafe) let (x, weights, slots) = (tokens.base, dispatchWeights.base, slotInputs.base)
    let chunk = columnChunks(of: d)
    parallel(jobs: imageCount * chunk.count) { job, _ in
      let (image, part) = job.quotientAndRemainder(dividingBy: chunk.count)
      let columns = part * chunk.width..<min(d, (part + 1) * chunk.width)
      product(
        m: s, n: columns.count, k: m, Operand(base: weights + image * m * s, stride: s, isTransposed: true),
        Operand(base: x + image * m * d + columns.lowerBound, stride: d),
        into: slots + image * d + columns.lowerBound, stride: imageCount * d)
    }
  }

  /// `output += gain · (combineWeights · slotOutputs)`: mixes the slots' outputs back into tokens.
  ///
  /// - Parameters:
  ///   - slotOutputs: [s·b, d], slot-major.
  ///   - combineWeights: [b·m, s].
  ///   - output: [b·m, d].
  /// - Cost: 2·b·m·s·d FLOP; one m × d scratch matrix a thread at most.
  public func mixSlots(
    _ slotOutputs: borrowing Matrix, _ combineWeights: borrowing Matrix, imageCount: Int, tokenCount m: Int,
    gain: WeightVectors?, addingTo output: inout Matrix
  ) {
    let (s, d) = (combineWeights.columnCount, output.columnCount)
    require(
      slotOutputs.columnCount == d && slotOutputs.rowCount >= s * imageCount, "slot outputs are [s·b, d]")
    require(
      min(output.rowCount, combineWeights.rowCount) >= imageCount * m, "mixing has \(imageCount) images")
    nonisolated(unsafe) let (slots, weights, y) = (slotOutputs.base, combineWeights.base, output.base)
    let chunk = columnChunks(of: d)
    parallel(jobs: imageCount * chunk.count) { job, scratch in
      let (image, part) = job.quotientAndRemainder(dividingBy: chunk.count)
      let columns = part * chunk.width..<min(d, (part + 1) * chunk.width)
      require(scratch.count >= m * columns.count, "scratch for mixing")
      product(
        m: m, n: columns.count, k: s, Operand(base: weights + image * m * s, stride: s),
        Operand(base: slots + image * d + columns.lowerBound, stride: imageCount * d), into: scratch.base,
        stride: columns.count)
      Epilogue.accumulate(gain: gain).finish(
        rows: m, columns: columns.count, source: scratch.base, sourceStride: columns.count, bias: nil,
        firstColumn: columns.lowerBound, into: y + image * m * d + columns.lowerBound, stride: d)
    }
  }

  /// Each slot's share of an image's combine weights: `mass[s] = (1/m)·Σ_tokens combine[·, s]`.
  ///
  /// The slots of one image sum to 1.
  /// - Parameter combineMass: rows `firstRow ..< firstRow + b` of width s are overwritten.
  public func combineMass(
    _ combineWeights: borrowing Matrix, imageCount: Int, tokenCount m: Int, into combineMass: inout Matrix,
    firstRow: Int
  ) {
    let s = combineWeights.columnCount
    require(combineMass.columnCount == s && combineMass.rowCount >= firstRow + imageCount, "mass is [b, s]")
    require(combineWeights.rowCount >= imageCount * m, "mass has \(imageCount) images")
    nonisolated(unsafe) let (weights, mass) = (combineWeights.base, combineMass.base)
    parallel(jobs: imageCount) { image, _ in
      let total = mass + (firstRow + image) * s
      total.update(repeating: 0, count: s)
      for token in 0..<m {
        let row = weights + (image * m + token) * s
        map(row, count: s, into: total) { x, i in x + tailSafe(UnsafePointer(total), i, s) }
      }
      map(total, count: s, into: total) { x, _ in x * (1 / Float(m)) }
    }
  }
}
