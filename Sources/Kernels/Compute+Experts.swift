import KernelInterface

/// The matrices of an MLP, or of a stack of them: `h = activation(x·up)`, or where there is a gate
/// `h = activation(x·gate) ⊙ (x·up)`; then `y = h·down`, each product with its bias. Without `up` it is the second
/// product alone: `y = x·down`.
package struct MLPWeights: Sendable {
  /// n matrices [d, h].
  package let gate: Linear?
  package let up: Linear?
  /// n matrices [h, d].
  package let down: Linear
  package let activation: Activation

  /// The width of x.
  var inputWidth: Int { (up ?? down).weights.inputWidth }
  /// The width of y.
  var outputWidth: Int { down.weights.outputWidth }

  package init(gate: Linear? = nil, up: Linear?, down: Linear, activation: Activation) {
    let (n, d, h) = (down.weights.count, down.weights.outputWidth, down.weights.inputWidth)
    func isFirst(_ layer: Linear?) -> Bool {
      layer.map { $0.weights.count == n && $0.weights.inputWidth == d && $0.weights.outputWidth == h } ?? true
    }
    require(isFirst(up) && isFirst(gate) && (gate == nil || up != nil), "an MLP is [\(d), \(h), \(d)]")
    (self.gate, self.up, self.down, self.activation) = (gate, up, down, activation)
  }
}

extension Compute {
  /// Every expert's MLP on its own slots, for all images of the batch at once:
  /// `slotOutputs = activation(slotInputs·up + upBias)·down + downBias`, gated where it has a gate; or of each expert the
  /// second product alone.
  ///
  /// Axes: n experts, p slots an expert, b images, d width, h expert's hidden width. Slot-major rows make
  /// expert e's share the rows e·p·b ..< (e+1)·p·b: one product of p·b rows a matrix, so the weights are
  /// read once for the batch.
  /// - Parameters:
  ///   - slotInputs: [n·p·b, d], or [n·p·b, h] for the second product alone.
  ///   - weights: of n MLPs.
  ///   - slotOutputs: [n·p·b, d], overwritten.
  /// - Cost: 4·n·p·b·d·h FLOP, n·2·d·h weights read.
  package func experts(
    _ slotInputs: borrowing Matrix, _ weights: MLPWeights, rowsPerExpert: Int, into slotOutputs: inout Matrix
  ) {
    let (n, k, d) = (weights.down.weights.count, weights.inputWidth, weights.outputWidth)
    require(
      slotInputs.columnCount == k && slotOutputs.columnCount == d, "slots are \(k) wide, then \(d)")
    require(
      min(slotInputs.rowCount, slotOutputs.rowCount) >= n * rowsPerExpert, "slots for \(n) experts")
    // An expert is a job, unless its rows are many, or the experts too few for the threads.
    let blocks = RowBlocks(
      rows: rowsPerExpert, tallest: Self.tallestMLPBlock, threadCount: n < 4 * threadCount ? threadCount : 1)
    run(
      MLPWork(
        kernels: kernels, share: EqualBlocks(blocks: blocks), weights: weights, epilogue: .store,
        x: slotInputs.base, y: slotOutputs.base), jobs: n * blocks.count)
  }

  /// Every expert's MLP on the rows that a sparse router gave it, for all images of the batch at once.
  ///
  /// Axes: n experts, d width, h expert's hidden width. The weights of an expert without rows are not read.
  /// - Parameters:
  ///   - inputs: [rows, d], as `gather` laid them.
  ///   - weights: of n MLPs.
  ///   - outputs: [rows, d], overwritten.
  /// - Cost: 4·rows·d·h FLOP, the weights of those experts that have rows read once.
  package func experts(
    _ inputs: borrowing Matrix, _ weights: MLPWeights, imageCount: Int, _ rows: ExpertRows,
    into outputs: inout Matrix
  ) {
    let (n, k, d) = (weights.down.weights.count, weights.inputWidth, weights.outputWidth)
    let count = rows.rowCount(imageCount: imageCount)
    require(rows.expertCount == n, "rows of \(n) experts")
    require(inputs.columnCount == k && outputs.columnCount == d, "rows are \(k) wide, then \(d)")
    require(min(inputs.rowCount, outputs.rowCount) >= count, "\(count) rows for \(n) experts")
    // Low enough that every thread has some.
    let tallest = max(16, min(Self.tallestMLPBlock, count / (2 * threadCount)))
    let share = ExpertBlocks(rows: rows, imageCount: imageCount, tallest: tallest)
    run(
      MLPWork(
        kernels: kernels, share: share, weights: weights, epilogue: .store, x: inputs.base, y: outputs.base),
      jobs: share.count)
  }

  /// A dense MLP: `output = epilogue(activation(input·up + upBias)·down + downBias)`, gated where it has one.
  ///
  /// Its hidden rows never leave a near cache: some rows at a time go all the way through.
  /// - Parameters:
  ///   - input: [rows, d].
  ///   - output: [rows, d].
  /// - Cost: 4·rows·d·h FLOP.
  package func mlp(
    _ input: borrowing Matrix, _ weights: MLPWeights, rows: Int, _ epilogue: Epilogue,
    into output: inout Matrix
  ) {
    let d = weights.outputWidth
    require(weights.up?.weights.count == 1, "a dense MLP is one")
    if case .accumulate(let gain?) = epilogue { require(gain.width == d, "a gain is [\(d)]") }
    require(input.columnCount == d && output.columnCount == d, "rows are \(d) wide")
    require(min(input.rowCount, output.rowCount) >= rows, "an MLP has \(rows) rows")
    let blocks = RowBlocks(rows: rows, tallest: Self.tallestMLPBlock, threadCount: threadCount)
    run(
      MLPWork(
        kernels: kernels, share: EqualBlocks(blocks: blocks), weights: weights, epilogue: epilogue,
        x: input.base, y: output.base), jobs: blocks.count)
  }

  /// Floats of scratch a thread that `experts` and `mlp` need.
  package static func mlpScratch(_ kernels: KernelSet, rows: Int, width: Int, mlpWidth: Int)
    -> Int
  {
    let rows = min(rows, tallestMLPBlock)
    return rows * mlpWidth + kernels.productScratch(rows: rows, k: max(width, mlpWidth))
  }

  private static var tallestMLPBlock: Int { 96 }
}

/// How the experts' rows are cut into jobs.
private protocol ExpertShare {
  /// The expert of a job, and which of all rows.
  func place(of job: Int) -> (expert: Int, rows: Range<Int>)
}

/// As many rows for every expert.
private struct EqualBlocks: ExpertShare {
  let blocks: RowBlocks

  func place(of job: Int) -> (expert: Int, rows: Range<Int>) {
    let (expert, block) = job.quotientAndRemainder(dividingBy: blocks.count)
    let (rows, first) = (blocks.range(block), expert * blocks.rows)
    return (expert, first + rows.lowerBound..<first + rows.upperBound)
  }
}

/// For each expert the rows that it was given.
private struct ExpertBlocks: ExpertShare {
  let rows: ExpertRows
  let imageCount, tallest: Int

  /// Counts each expert's blocks.
  init(rows: ExpertRows, imageCount: Int, tallest: Int) {
    (self.rows, self.imageCount, self.tallest) = (rows, imageCount, tallest)
    rows.firstBlocks[0] = 0
    for expert in 0..<rows.expertCount {
      let count = blocks(of: expert).count
      rows.firstBlocks[expert + 1] = rows.firstBlocks[expert] + Int32(truncatingIfNeeded: count)
    }
  }

  var count: Int { Int(rows.firstBlocks[rows.expertCount]) }

  func blocks(of expert: Int) -> RowBlocks {
    RowBlocks(rows: rows.rows(of: expert, imageCount: imageCount).count, tallest: tallest, threadCount: 1)
  }

  func place(of job: Int) -> (expert: Int, rows: Range<Int>) {
    // The last expert whose blocks begin at or before the job.
    var (low, high) = (0, rows.expertCount)
    while high - low > 1 {
      let middle = (low + high) / 2
      if Int(rows.firstBlocks[middle]) <= job { low = middle } else { high = middle }
    }
    let range = blocks(of: low).range(job - Int(rows.firstBlocks[low]))
    let first = rows.rows(of: low, imageCount: imageCount).lowerBound
    return (low, first + range.lowerBound..<first + range.upperBound)
  }
}

/// Some rows of one expert.
private struct MLPWork<Share: ExpertShare>: ParallelWork {
  let kernels: KernelSet
  let share: Share
  let weights: MLPWeights
  let epilogue: Epilogue
  let x: UnsafePointer<Float>
  let y: UnsafeMutablePointer<Float>

  func run(job: Int, _ scratch: Scratch) {
    let (expert, rows) = share.place(of: job)
    let (k, d, h) = (weights.inputWidth, weights.outputWidth, weights.down.weights.inputWidth)
    let hidden = scratch.base
    let rest = hidden + rows.count * h
    require(
      scratch.count >= rows.count * h + kernels.productScratch(rows: rows.count, k: max(d, h)),
      "scratch for an expert")
    func product(
      _ layer: Linear, columns: Int, _ epilogue: Epilogue, from left: LeftOperand, into target: Target
    ) {
      kernels.product(
        rows: rows.count, columns: 0..<columns, left: left, right: layer.weights.matrix(expert),
        finish: epilogue.finish(bias: layer.bias.map { $0.base + expert * columns }), target: target,
        scratch: rest)
    }
    let input = LeftOperand(base: x + rows.lowerBound * k, rowStride: k)
    let output = Target(base: y + rows.lowerBound * d, stride: d)
    guard let up = weights.up else {
      return product(weights.down, columns: d, epilogue, from: input, into: output)
    }
    let inner = Target(base: hidden, stride: h)
    product(weights.gate ?? up, columns: h, .activate(weights.activation), from: input, into: inner)
    if weights.gate != nil { product(up, columns: h, .multiply, from: input, into: inner) }
    product(weights.down, columns: d, epilogue, from: LeftOperand(base: hidden, rowStride: h), into: output)
  }
}
