import KernelInterface

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
  package func softmaxOverTokens(
    _ routerLogits: borrowing Matrix, imageCount: Int, tokenCount m: Int, into dispatchWeights: inout Matrix
  ) {
    softmaxOverTokens(
      routerLogits, imageCount: imageCount, tokenCount: m, into: &dispatchWeights, concentration: nil)
  }

  /// The same, and how each slot's weight lies on the tokens.
  ///
  /// - Parameters:
  ///   - effectiveTokens: rows `firstRow ..< firstRow + b` of width s receive exp(entropy) of each column,
  ///     between 1 (the slot reads one token) and m (it averages them all).
  ///   - largestWeight: the same rows receive each column's largest weight, 1/m … 1.
  package func softmaxOverTokens(
    _ routerLogits: borrowing Matrix, imageCount: Int, tokenCount m: Int, into dispatchWeights: inout Matrix,
    effectiveTokens: inout Matrix, largestWeight: inout Matrix, firstRow: Int
  ) {
    let s = routerLogits.columnCount
    require(
      effectiveTokens.columnCount == s && largestWeight.columnCount == s
        && min(effectiveTokens.rowCount, largestWeight.rowCount) >= firstRow + imageCount,
      "concentration is [b, \(s)]")
    softmaxOverTokens(
      routerLogits, imageCount: imageCount, tokenCount: m, into: &dispatchWeights,
      concentration: ColumnConcentration(
        effectiveRows: effectiveTokens.base + firstRow * s, largest: largestWeight.base + firstRow * s))
  }

  private func softmaxOverTokens(
    _ routerLogits: borrowing Matrix, imageCount: Int, tokenCount m: Int, into dispatchWeights: inout Matrix,
    concentration: ColumnConcentration?
  ) {
    let s = routerLogits.columnCount
    require(dispatchWeights.columnCount == s, "dispatch has \(s) slots")
    require(
      min(routerLogits.rowCount, dispatchWeights.rowCount) >= imageCount * m,
      "dispatch has \(imageCount) images")
    let groups = ColumnGroups(columns: s, threadCount: threadCount, images: imageCount)
    run(
      TokenSoftmaxWork(
        loops: loops, groups: groups, tokenCount: m, x: routerLogits.base, y: dispatchWeights.base,
        concentration: concentration), jobs: imageCount * groups.count)
  }

  /// `combine = softmax of routerLogits over the slots`: every token's row sums to 1. In place.
  ///
  /// - Parameter routerLogits: [b·m, s], overwritten with the combine weights.
  package func softmaxOverSlots(rows: Int, inPlace routerLogits: inout Matrix) {
    let s = routerLogits.columnCount
    require(routerLogits.rowCount >= rows, "combine has \(rows) rows")
    let blocks = rowBlocks(rows: rows, columns: s)
    run(SlotSoftmaxWork(loops: loops, blocks: blocks, slotCount: s, x: routerLogits.base), jobs: blocks.count)
  }

  /// `slotInputs = dispatchWeightsᵀ · tokens`: mixes tokens into slots.
  ///
  /// - Parameters:
  ///   - tokens: [b·m, d].
  ///   - dispatchWeights: [b·m, s].
  ///   - slotInputs: [s·b, d], slot-major, overwritten.
  /// - Cost: 2·b·m·s·d FLOP.
  package func mixTokens(
    _ tokens: borrowing Matrix, _ dispatchWeights: borrowing Matrix, imageCount: Int, tokenCount m: Int,
    into slotInputs: inout Matrix
  ) {
    let (s, d) = (dispatchWeights.columnCount, tokens.columnCount)
    require(slotInputs.columnCount == d && slotInputs.rowCount >= s * imageCount, "slot inputs are [s·b, d]")
    require(
      min(tokens.rowCount, dispatchWeights.rowCount) >= imageCount * m, "mixing has \(imageCount) images")
    let groups = ColumnGroups(columns: d, threadCount: threadCount, images: imageCount)
    run(
      MixWork(
        kernels: kernels, groups: groups, rows: s, k: m,
        left: LeftOperand(base: dispatchWeights.base, rowStride: 1, kStride: s), leftPerImage: m * s,
        right: tokens.base, rightPerImage: m * d, rightStride: d, finish: Finish(.store),
        target: Target(base: slotInputs.base, stride: imageCount * d), targetPerImage: d),
      jobs: imageCount * groups.count)
  }

  /// `output += gain · (combineWeights · slotOutputs)`: mixes the slots' outputs back into tokens.
  ///
  /// - Parameters:
  ///   - slotOutputs: [s·b, d], slot-major.
  ///   - combineWeights: [b·m, s].
  ///   - output: [b·m, d].
  /// - Cost: 2·b·m·s·d FLOP.
  package func mixSlots(
    _ slotOutputs: borrowing Matrix, _ combineWeights: borrowing Matrix, imageCount: Int, tokenCount m: Int,
    gain: WeightVectors?, addingTo output: inout Matrix
  ) {
    let (s, d) = (combineWeights.columnCount, output.columnCount)
    require(
      slotOutputs.columnCount == d && slotOutputs.rowCount >= s * imageCount, "slot outputs are [s·b, d]")
    require(
      min(output.rowCount, combineWeights.rowCount) >= imageCount * m, "mixing has \(imageCount) images")
    if let gain { require(gain.width == d, "a gain is [\(d)]") }
    let groups = ColumnGroups(columns: d, threadCount: threadCount, images: imageCount)
    run(
      MixWork(
        kernels: kernels, groups: groups, rows: m, k: s,
        left: LeftOperand(base: combineWeights.base, rowStride: s), leftPerImage: m * s,
        right: slotOutputs.base, rightPerImage: d, rightStride: imageCount * d,
        finish: Finish(.accumulate, gain: gain?.base), target: Target(base: output.base, stride: d),
        targetPerImage: m * d), jobs: imageCount * groups.count)
  }

  /// Floats of scratch a thread that `mixTokens` and `mixSlots` need.
  package static func mixScratch(_ kernels: KernelSet, tokenCount: Int, slotCount: Int, width: Int) -> Int {
    let k = max(tokenCount, slotCount)
    return k * panelCount(width) * panelWidth + kernels.productScratch(rows: k, k: k)
  }

  /// How much each token is read, over the mean token: `contribution[t] = (m/s)·Σ_slots dispatch[t, ·]`.
  ///
  /// The mean over an image's tokens is 1.
  /// - Parameter contribution: rows `firstRow ..< firstRow + b` of width m are overwritten.
  package func tokenContribution(
    _ dispatchWeights: borrowing Matrix, imageCount: Int, tokenCount m: Int, into contribution: inout Matrix,
    firstRow: Int
  ) {
    let s = dispatchWeights.columnCount
    require(
      contribution.columnCount == m && contribution.rowCount >= firstRow + imageCount,
      "contribution is [b, \(m)]")
    require(dispatchWeights.rowCount >= imageCount * m, "contribution has \(imageCount) images")
    run(
      RowSumWork(
        loops: loops, rows: m, columns: s, factor: Float(m) / Float(s), x: dispatchWeights.base,
        y: contribution.base + firstRow * m), jobs: imageCount)
  }

  /// Each slot's share of what an image's tokens get back: `mass[s] = (1/m)·Σ_tokens combine[·, s]`.
  ///
  /// The slots of one image sum to 1.
  /// - Parameter slotMass: rows `firstRow ..< firstRow + b` of width s are overwritten.
  package func slotMass(
    _ combineWeights: borrowing Matrix, imageCount: Int, tokenCount m: Int, into slotMass: inout Matrix,
    firstRow: Int
  ) {
    let s = combineWeights.columnCount
    require(slotMass.columnCount == s && slotMass.rowCount >= firstRow + imageCount, "mass is [b, s]")
    require(combineWeights.rowCount >= imageCount * m, "mass has \(imageCount) images")
    run(
      MeanWork(
        loops: loops, rows: m, columns: s, x: combineWeights.base, rowsPerImage: m,
        y: slotMass.base + firstRow * s, stride: s), jobs: imageCount)
  }
}

/// The columns of each image cut into groups of whole panels, as many as give every thread work.
private struct ColumnGroups {
  let columns, step: Int
  var count: Int { (columns + step - 1) / step }

  init(columns: Int, threadCount: Int, images: Int) {
    let wanted = threadCount == 1 ? 1 : max(1, 2 * threadCount / images)
    self.columns = columns
    step = max(2, (panelCount(columns) + wanted - 1) / wanted) * panelWidth
  }

  func place(of job: Int) -> (image: Int, columns: Range<Int>) {
    let (image, group) = job.quotientAndRemainder(dividingBy: count)
    return (image, group * step..<min(columns, (group + 1) * step))
  }
}

private struct TokenSoftmaxWork: ParallelWork {
  let loops: any VectorKernels
  let groups: ColumnGroups
  let tokenCount: Int
  let x: UnsafePointer<Float>
  let y: UnsafeMutablePointer<Float>
  let concentration: ColumnConcentration?

  func run(job: Int, _ scratch: Scratch) {
    let (image, columns) = groups.place(of: job)
    let s = groups.columns
    loops.softmaxOfColumns(
      x + image * tokenCount * s, rows: tokenCount, columns: columns, stride: s,
      into: y + image * tokenCount * s, concentration: concentration?.advanced(by: image * s))
  }
}

private struct SlotSoftmaxWork: ParallelWork {
  let loops: any VectorKernels
  let blocks: RowBlocks
  let slotCount: Int
  let x: UnsafeMutablePointer<Float>

  func run(job: Int, _ scratch: Scratch) {
    let rows = blocks.range(job)
    loops.softmaxOfRows(
      x + rows.lowerBound * slotCount, rows: rows.count, columns: slotCount, stride: slotCount, scale: 1)
  }
}

/// A product of two activations of one image: the right one is packed first, some columns of it a job.
private struct MixWork: ParallelWork {
  let kernels: KernelSet
  let groups: ColumnGroups
  let rows, k: Int
  let left: LeftOperand
  let leftPerImage: Int
  let right: UnsafePointer<Float>
  let rightPerImage, rightStride: Int
  let finish: Finish
  let target: Target
  let targetPerImage: Int

  func run(job: Int, _ scratch: Scratch) {
    let (image, columns) = groups.place(of: job)
    let packed = scratch.base
    let packedCount = k * panelCount(columns.count) * panelWidth
    require(
      scratch.count >= packedCount + kernels.productScratch(rows: rows, k: k), "scratch for mixing")
    kernels.loops.packRows(
      right + image * rightPerImage + columns.lowerBound, k: k, columns: columns.count, stride: rightStride,
      into: packed)
    let first = columns.lowerBound
    let finish = Finish(finish.kind, bias: nil, gain: finish.gain.map { $0 + first })
    kernels.product(
      rows: rows, columns: 0..<columns.count,
      left: LeftOperand(
        base: left.base + image * leftPerImage, rowStride: left.rowStride, kStride: left.kStride),
      right: PackedOperand(base: packed, element: .f32, k: k), finish: finish,
      target: Target(base: target.base + image * targetPerImage + first, stride: target.stride),
      scratch: packed + packedCount)
  }
}

/// The sum of each row of each image, times a factor.
private struct RowSumWork: ParallelWork {
  let loops: any VectorKernels
  let rows, columns: Int
  let factor: Float
  let x: UnsafePointer<Float>
  let y: UnsafeMutablePointer<Float>

  func run(job image: Int, _ scratch: Scratch) {
    for row in image * rows..<(image + 1) * rows {
      y[row] = factor * loops.sumOfRow(x + row * columns, count: columns)
    }
  }
}

/// The mean of some rows of each image.
struct MeanWork: ParallelWork {
  let loops: any VectorKernels
  let rows, columns: Int
  let x: UnsafePointer<Float>
  let rowsPerImage: Int
  let y: UnsafeMutablePointer<Float>
  /// From one image's mean to the next.
  let stride: Int

  func run(job image: Int, _ scratch: Scratch) {
    loops.meanOfRows(
      x + image * rowsPerImage * columns, rows: rows, count: columns, stride: columns,
      factor: 1 / Float(rows),
      into: y + image * stride)
  }
}
