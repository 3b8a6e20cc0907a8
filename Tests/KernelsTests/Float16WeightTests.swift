import Foundation
import Kernels
import Testing

private final class Halves: @unchecked Sendable {
  let memory: UnsafeMutableBufferPointer<UInt16>

  init(_ bits: [UInt16]) {
    memory = .allocate(capacity: bits.count)
    _ = memory.update(from: bits)
  }

  deinit { memory.deallocate() }
}

@Suite struct Float16WeightTests {
  @Test func everyFiniteFloat16IsWidenedExactly() {
    let bits = (UInt16.min...UInt16.max).filter { Float16(bitPattern: $0).isFinite }
    let halves = Halves(bits)
    let weights = WeightStack(
      bytes: UnsafeRawBufferPointer(halves.memory), element: .f16, inputWidth: 1, outputWidth: bits.count,
      owner: halves)
    let compute = Compute(threadCount: 1, scratchCount: 1 << 17)
    var input = Matrix(rows: 1, columns: 1)
    input.setRow(0, to: [1])
    var output = Matrix(rows: 1, columns: bits.count)
    compute.linear(
      input, Linear(weights: weights, bias: nil), imageCount: 1, rowsPerImage: 1, into: &output)
    #expect(output.row(0) == bits.map { Float(Float16(bitPattern: $0)) })
  }
}
