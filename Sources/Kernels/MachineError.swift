/// What the machine can't give the engine.
public enum MachineError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The system gives no more threads.
  case threads(expected: Int, found: Int)
  /// The system gives no more memory.
  case memory(byteCount: Int)
  /// The processor can't run the kernels of this project.
  case instructions
  /// OpenBLAS can't be used; why.
  case openBLAS(String)

  /// One line for the operator.
  public var description: String {
    switch self {
    case .threads(let expected, let found):
      "expected \(expected) threads for the engine, the system gives \(found); ask for fewer, or raise its limit "
        + "(ulimit -u, a container's pids limit, ulimit -v for their stacks)"
    case .memory(let byteCount):
      "the system gives no \((byteCount + 999_999) / 1_000_000) MB more for the engine; ask for smaller batches, or "
        + "raise its limit (ulimit -v)"
    case .instructions:
      "kernels 'simd': expected a processor with AVX2 and FMA, or arm64, and this one is neither; 'auto' or "
        + "'openblas' runs here"
    case .openBLAS(let problem):
      "kernels 'openblas': \(problem); install libopenblas0, or use 'simd'"
    }
  }
}
