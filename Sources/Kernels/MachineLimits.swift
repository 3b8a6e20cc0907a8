import KernelInterface

/// What this machine can do at most, measured: the lines of a roofline.
public struct MachineLimits: Sendable, Codable, Equatable {
  /// Fused multiply-adds from registers, two operations each, on all threads: 10⁹ a second.
  public let gigaflopsPerSecond: Double
  /// Reading memory in order, on all threads: 10⁹ bytes a second.
  public let gigabytesPerSecond: Double

  /// Both limits as they were given.
  public init(gigaflopsPerSecond: Double, gigabytesPerSecond: Double) {
    (self.gigaflopsPerSecond, self.gigabytesPerSecond) = (gigaflopsPerSecond, gigabytesPerSecond)
  }
}

extension Compute {
  /// Measures the machine with this compute's threads, the best of some short runs: half a second in all.
  ///
  /// - Throws: `MachineError.memory` without half a gigabyte to read.
  package func measureLimits() throws(MachineError) -> MachineLimits {
    let rounds = 1_000_000
    let peak = best(of: 16) { () -> Double in
      run(PeakWork(loops: loops, rounds: rounds), jobs: threadCount)
      return Double(threadCount * loops.fusedMultiplyAddCount(rounds: rounds))
    }
    // Larger than any cache that a processor of today has for some cores.
    let count = 128 << 20
    let buffer = try Matrix(rows: threadCount, columns: count / threadCount / 64 * 64)
    for row in 0..<threadCount {
      (buffer.base + row * buffer.columnCount).update(repeating: 1, count: buffer.columnCount)
    }
    let read = best(of: 3) { () -> Double in
      run(ReadWork(loops: loops, source: buffer.base, count: buffer.columnCount), jobs: threadCount)
      return Double(threadCount * buffer.columnCount * 4)
    }
    return MachineLimits(gigaflopsPerSecond: peak / 1e9, gigabytesPerSecond: read / 1e9)
  }

  /// The largest of some rates: what `body` returns over the seconds that it took.
  private func best(of runs: Int, _ body: () -> Double) -> Double {
    let clock = ContinuousClock()
    return (0..<runs).reduce(0) { best, _ in
      var amount = 0.0
      let time = clock.measure { amount = body() }
      return max(best, amount / (time / .seconds(1)))
    }
  }
}

private struct PeakWork: ParallelWork {
  let loops: any VectorKernels
  let rounds: Int

  func run(job: Int, _ scratch: Scratch) { scratch.base[0] = loops.fusedMultiplyAdds(rounds: rounds) }
}

private struct ReadWork: ParallelWork {
  let loops: any VectorKernels
  let source: UnsafePointer<Float>
  let count: Int

  func run(job: Int, _ scratch: Scratch) {
    scratch.base[0] = loops.streamedSum(source + job * count, count: count)
  }
}
