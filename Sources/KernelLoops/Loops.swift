import KernelInterface

/// The inner loops, compiled for the instructions of the module that this lies in.
package struct Loops: VectorKernels {
  package init() {}

  package var instructions: String { instructionsOfThisModule }
  package var isFused: Bool { hasFusedMultiplyAdd }

  package func finishBlock(
    _ block: UnsafePointer<Float>, rows: Int, stride: Int, columns: Range<Int>, finish: Finish, target: Target
  ) {
    finishSums(block, rows: rows, stride: stride, columns: columns, finish: finish, target: target)
  }

  package func activate(
    _ source: UnsafePointer<Float>, count: Int, _ function: VectorFunction,
    into target: UnsafeMutablePointer<Float>
  ) {
    switch function {
    case .exp: map(source, count: count, into: target) { x, _, _ in exp(x) }
    case .tanh: map(source, count: count, into: target) { x, _, _ in tanh(x) }
    case .erf: map(source, count: count, into: target) { x, _, _ in erf(x) }
    case .geluTanh: map(source, count: count, into: target) { x, _, _ in geluTanh(x) }
    case .geluErf: map(source, count: count, into: target) { x, _, _ in geluErf(x) }
    case .quickGelu: map(source, count: count, into: target) { x, _, _ in sigmoidWeighted(x, 1.702) }
    case .silu: map(source, count: count, into: target) { x, _, _ in sigmoidWeighted(x, 1) }
    case .relu: map(source, count: count, into: target) { x, _, _ in relu(x) }
    }
  }
}
