import Dispatch
import Kernels
import Testing

/// What kernels need of the machine.
@Suite struct MachineTests {
  /// Two callers of one pool each get their own sums, whoever's turn it is.
  @Test func callersOfOnePoolTakeTurns() throws {
    let threads = try ThreadPool(threadCount: 3)
    let kernels = try KernelSet(.auto)
    let (k, c, count) = (33, 40, 64)
    let matrix = values(k * c, seed: 9)
    let layer = Linear(weights: weights([matrix], k: k, c: c), bias: nil)
    let products = (0..<4).map { naive(rows(count, k, seed: $0), matrix.map(Double.init), columns: c) }
    let right = try (0..<4).map { _ in try Compute(threads: threads, kernels: kernels, scratchCount: 1 << 16)
    }
    DispatchQueue.concurrentPerform(iterations: 4) { caller in
      do {
        let input = try filled(rows(count, k, seed: caller))
        var output = try Matrix(rows: count, columns: c)
        for _ in 0..<200 {
          right[caller].linear(input, layer, imageCount: 1, rowsPerImage: count, into: &output)
          for row in 0..<count where !near(output.row(row), products[caller][row]) {
            Issue.record("caller \(caller), row \(row)")
            return
          }
        }
      } catch {
        Issue.record(error)
      }
    }
  }

  @Test func autoIsSimdWhereverTheProcessorRunsIt() throws {
    let auto = try KernelSet(.auto)
    if let simd = KernelSet.simd {
      #expect(auto.name == simd.name && auto.isBatchInvariant)
      #expect(try KernelSet(.simd).name == simd.name)
    } else {
      #expect(auto.name == "openblas" && !auto.isBatchInvariant)
      #expect(throws: MachineError.instructions) { try KernelSet(.simd) }
    }
  }

  @Test(arguments: [
    ("libnothing-of-this-name.so.0", "libnothing-of-this-name"), ("libm.so.6", "cblas_sgemm"),
  ])
  func aLibraryThatIsNotOpenBLASIsToldInWords(_ name: String, _ word: String) {
    let error = #expect(throws: MachineError.self) { try OpenBLAS(library: name) }
    #expect(error?.description.hasPrefix("kernels 'openblas': ") == true)
    #expect(error?.description.contains(word) == true, "\(String(describing: error))")
  }

  @Test func memoryThatIsNotThereIsToldInWords() {
    // More than any processor of today can address.
    let error = #expect(throws: MachineError.self) { _ = try Matrix(rows: 1 << 30, columns: 1 << 28) }
    #expect(error == .memory(byteCount: 1 << 60))
  }
}
