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
  public func experts(
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
    nonisolated(unsafe) let (x, y) = (slotInputs.base, slotOutputs.base)
    parallel(jobs: n) { expert, scratch in
      require(scratch.count >= rowsPerExpert * h + d * h, "scratch for an expert")
      let hidden = scratch.base
      let panel = hidden + rowsPerExpert * h
      let first = expert * rowsPerExpert * d
      product(
        m: rowsPerExpert, n: h, k: d, Operand(base: x + first, stride: d),
        operand(up.weights, expert, columns: 0..<h, panel: panel), into: hidden, stride: h)
      Epilogue.activate(activation).finish(
        rows: rowsPerExpert, columns: h, source: hidden, sourceStride: h,
        bias: up.bias.map { $0.base + expert * h }, firstColumn: 0, into: hidden, stride: h)
      product(
        m: rowsPerExpert, n: d, k: h, Operand(base: hidden, stride: h),
        operand(down.weights, expert, columns: 0..<d, panel: panel), into: y + first, stride: d)
      Epilogue.store.finish(
        rows: rowsPerExpert, columns: d, source: y + first, sourceStride: d,
        bias: down.bias.map { $0.base + expert * d }, firstColumn: 0, into: y + first, stride: d)
    }
  }

  /// Floats of scratch a thread that `experts` needs.
  public static func expertsScratch(rowsPerExpert: Int, width: Int, mlpWidth: Int) -> Int {
    rowsPerExpert * mlpWidth + width * mlpWidth
  }
}
