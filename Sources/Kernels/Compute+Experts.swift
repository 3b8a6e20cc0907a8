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
        kernels: kernels, blocks: blocks, weights: weights, epilogue: .store, x: slotInputs.base,
        y: slotOutputs.base), jobs: n * blocks.count)
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
        kernels: kernels, blocks: blocks, weights: weights, epilogue: epilogue, x: input.base,
        y: output.base), jobs: blocks.count)
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
  let weights: MLPWeights
  let epilogue: Epilogue
  let x: UnsafePointer<Float>
  let y: UnsafeMutablePointer<Float>

  func run(job: Int, _ scratch: Scratch) {
    let (expert, block) = job.quotientAndRemainder(dividingBy: blocks.count)
    let rows = blocks.range(block)
    let (k, d, h) = (weights.inputWidth, weights.outputWidth, weights.down.weights.inputWidth)
    let hidden = scratch.base
    let rest = hidden + rows.count * h
    require(
      scratch.count >= rows.count * h + kernels.productScratch(rows: rows.count, k: max(d, h)),
      "scratch for an expert")
    let first = expert * blocks.rows + rows.lowerBound
    func product(
      _ layer: Linear, columns: Int, _ epilogue: Epilogue, from left: LeftOperand, into target: Target
    ) {
      kernels.product(
        rows: rows.count, columns: 0..<columns, left: left, right: layer.weights.matrix(expert),
        finish: epilogue.finish(bias: layer.bias.map { $0.base + expert * columns }), target: target,
        scratch: rest)
    }
    let input = LeftOperand(base: x + first * k, rowStride: k)
    let output = Target(base: y + first * d, stride: d)
    guard let up = weights.up else {
      return product(weights.down, columns: d, epilogue, from: input, into: output)
    }
    let inner = Target(base: hidden, stride: h)
    product(weights.gate ?? up, columns: h, .activate(weights.activation), from: input, into: inner)
    if weights.gate != nil { product(up, columns: h, .multiply, from: input, into: inner) }
    product(weights.down, columns: d, epilogue, from: LeftOperand(base: hidden, rowStride: h), into: output)
  }
}
