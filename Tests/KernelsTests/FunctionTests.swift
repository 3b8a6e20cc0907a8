import Foundation
import KernelInterface
import Kernels
import Testing

func tanhOf(_ x: Double) -> Double { tanh(x) }

/// The element-wise functions on every instruction set that runs here.
@Suite struct FunctionTests {
  private static let loops = KernelSet.available.indices

  private func results(_ index: Int, _ function: VectorFunction, _ inputs: [Float]) -> [Float] {
    var output = [Float](repeating: 0, count: inputs.count)
    inputs.withUnsafeBufferPointer { source in
      output.withUnsafeMutableBufferPointer { target in
        guard let source = source.baseAddress, let target = target.baseAddress else { return }
        KernelSet.available[index].activate(source, count: inputs.count, function, into: target)
      }
    }
    return output
  }

  /// Largest error in units of the last place.
  private func error(_ index: Int, _ function: VectorFunction, _ inputs: [Float], _ exact: (Double) -> Double)
    -> Double
  {
    zip(inputs, results(index, function, inputs)).reduce(0) { largest, pair in
      let expected = exact(Double(pair.0))
      let ulp = Double(max(Float(abs(expected)), .leastNormalMagnitude).ulp)
      return max(largest, abs(Double(pair.1) - expected) / ulp)
    }
  }

  private func inputs(_ range: ClosedRange<Float>, _ count: Int) -> [Float] {
    (0...count).map { range.lowerBound + (range.upperBound - range.lowerBound) * Float($0) / Float(count) }
  }

  @Test(arguments: loops) func exponentialTanhAndErfAreWithinTwoUlp(_ index: Int) {
    #expect(error(index, .exp, inputs(-87...88, 400_000), Foundation.exp) < 2)
    #expect(error(index, .tanh, inputs(-12...12, 400_000), Foundation.tanh) < 2)
    #expect(error(index, .erf, inputs(-6...6, 400_000), Foundation.erf) < 2)
    let small = inputs(-1e-3...1e-3, 10_000).filter { abs($0) > 1e-12 }
    #expect(error(index, .tanh, small, Foundation.tanh) < 2)
    #expect(error(index, .erf, small, Foundation.erf) < 2)
  }

  /// GELU is near zero the difference of near numbers: its error counts against |x|.
  @Test(arguments: loops) func activationsAreExactToTheLastPlacesOfTheirArgument(_ index: Int) {
    let x = inputs(-20...20, 400_000)
    for (function, exact) in [
      (VectorFunction.geluErf, { 0.5 * $0 * (1 + Foundation.erf($0 / 2.0.squareRoot())) }),
      (
        .geluTanh,
        { 0.5 * $0 * (1 + Foundation.tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }
      ),
      (.quickGelu, { $0 / (1 + Foundation.exp(-1.702 * $0)) }), (.silu, { $0 / (1 + Foundation.exp(-$0)) }),
      (.relu, { max($0, 0) }),
    ] as [(VectorFunction, (Double) -> Double)] {
      for (x, found) in zip(x, results(index, function, x)) {
        #expect(abs(Double(found) - exact(Double(x))) <= 3e-7 * max(1, abs(Double(x))), "\(function) of \(x)")
      }
    }
  }

  /// The same bits on every instruction set that multiplies and adds in one step.
  @Test func instructionSetsAgreeToTheBit() {
    let x = inputs(-30...30, 30_011)
    for function in [VectorFunction.exp, .tanh, .erf, .geluTanh, .geluErf, .quickGelu, .silu, .relu] {
      let reference = results(0, function, x).map(\.bitPattern)
      for index in Self.loops.dropFirst() where KernelSet.available[index].isFused {
        #expect(results(index, function, x).map(\.bitPattern) == reference, "\(function)")
      }
    }
  }

  /// What is no number may have any of 2²³ patterns; none becomes one, nor does a GELU hide an infinite argument.
  @Test(arguments: loops) func noNumberBecomesOne(_ index: Int) {
    let patterns: [UInt32] = [
      0x7FC0_0000, 0xFFC0_0000, 0x7FC0_0001, 0xFFC0_0001, 0x7F80_0001, 0x7FC0_01FF, 0x7FC0_0080, 0x7FFF_FFFF,
      0xFFFF_FFFF, 0x7FC0_0100,
    ]
    for function in [VectorFunction.exp, .tanh, .erf, .geluTanh, .geluErf, .quickGelu, .silu, .relu] {
      for (pattern, found) in zip(patterns, results(index, function, patterns.map { Float(bitPattern: $0) }))
      {
        #expect(found.isNaN, "\(function) of \(String(pattern, radix: 16))")
      }
    }
    for function in [VectorFunction.geluTanh, .geluErf] {
      #expect(results(index, function, [.infinity, -.infinity]).allSatisfy { !$0.isFinite })
    }
  }
}
