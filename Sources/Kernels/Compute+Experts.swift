import KernelInterface

extension Compute {
  /// Every expert's MLP on its own slots, for all images of the batch at once:
  /// `slotOutputs = activation(slotInputs·up + upBias)·down + downBias`.
  ///
  /// Axes: n experts, p slots an expert, b images, d width, h expert's hidden width. Slot-major rows make
  /// expert e's share the rows e·p·b ..< (e+1)·p·b: one product of p·b rows a matrix, so the weights are
  /// read once for the batch.
  /// - Parameters:
  ///   - slotInputs: [n·p·b, d].
  ///   - up: n matrices [d, h] and biases.
  ///   - down: n matrices [h, d] and biases.
  ///   - slotOutputs: [n·p·b, d], overwritten.
  /// - Cost: 4·n·p·b·d·h FLOP, n·2·d·h weights read.
  package func experts(
    _ slotInputs: borrowing Matrix, up: Linear, down: Linear, activation: Activation, rowsPerExpert: Int,
    into slotOutputs: inout Matrix
  ) {
    let (n, d, h) = (up.weights.count, up.weights.inputWidth, up.weights.outputWidth)
    require(
      down.weights.count == n && down.weights.inputWidth == h && down.weights.outputWidth == d,
      "the experts' two matrices fit each other")
    require(slotInputs.columnCount == d && slotOutputs.columnCount == d, "slots are \(d) wide")
    require(
      min(slotInputs.rowCount, slotOutputs.rowCount) >= n * rowsPerExpert, "slots for \(n) experts")
    // An expert is a job, unless its rows are many, or the experts too few for the threads.
    let blocks = RowBlocks(
      rows: rowsPerExpert, tallest: Self.tallestMLPBlock, threadCount: n < 4 * threadCount ? threadCount : 1)
    run(
      MLPWork(
        kernels: kernels, blocks: blocks, up: up, down: down, activation: activation, epilogue: .store,
        x: slotInputs.base, y: slotOutputs.base), jobs: n * blocks.count)
  }

  /// A dense MLP: `output += gain · (activation(input·up + upBias)·down + downBias)`.
  ///
  /// Its hidden rows never leave a near cache: some rows at a time go all the way through.
  /// - Parameters:
  ///   - input: [rows, d].
  ///   - output: [rows, d].
  /// - Cost: 4·rows·d·h FLOP.
  package func mlp(
    _ input: borrowing Matrix, up: Linear, down: Linear, activation: Activation, gain: WeightVectors?,
    rows: Int, addingTo output: inout Matrix
  ) {
    let (d, h) = (up.weights.inputWidth, up.weights.outputWidth)
    require(
      up.weights.count == 1 && down.weights.count == 1 && down.weights.inputWidth == h
        && down.weights.outputWidth == d && (gain?.width ?? d) == d, "an MLP is [\(d), \(h), \(d)]")
    require(input.columnCount == d && output.columnCount == d, "rows are \(d) wide")
    require(min(input.rowCount, output.rowCount) >= rows, "an MLP has \(rows) rows")
    let blocks = RowBlocks(rows: rows, tallest: Self.tallestMLPBlock, threadCount: threadCount)
    run(
      MLPWork(
        kernels: kernels, blocks: blocks, up: up, down: down, activation: activation,
        epilogue: .accumulate(gain: gain), x: input.base, y: output.base), jobs: blocks.count)
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

/// Some rows of one expert.
private struct MLPWork: ParallelWork {
  let kernels: KernelSet
  let blocks: RowBlocks
  let up, down: Linear
  let activation: Activation
  let epilogue: Epilogue
  let x: UnsafePointer<Float>
  let y: UnsafeMutablePointer<Float>

  func run(job: Int, _ scratch: Scratch) {
    let (expert, block) = job.quotientAndRemainder(dividingBy: blocks.count)
    let rows = blocks.range(block)
    let (d, h) = (up.weights.inputWidth, up.weights.outputWidth)
    let hidden = scratch.base
    let rest = hidden + rows.count * h
    require(
      scratch.count >= rows.count * h + kernels.productScratch(rows: rows.count, k: max(d, h)),
      "scratch for an expert")
    let first = (expert * blocks.rows + rows.lowerBound) * d
    kernels.product(
      rows: rows.count, columns: 0..<h, left: LeftOperand(base: x + first, rowStride: d),
      right: up.weights.matrix(expert),
      finish: Epilogue.activate(activation).finish(bias: up.bias.map { $0.base + expert * h }),
      target: Target(base: hidden, stride: h), scratch: rest)
    kernels.product(
      rows: rows.count, columns: 0..<d, left: LeftOperand(base: hidden, rowStride: h),
      right: down.weights.matrix(expert),
      finish: epilogue.finish(bias: down.bias.map { $0.base + expert * d }),
      target: Target(base: y + first, stride: d), scratch: rest)
  }
}
