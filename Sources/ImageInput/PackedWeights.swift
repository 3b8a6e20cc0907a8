/// `AxisWeights` laid out for the inner loops: two neighbouring inputs at a time, each weight split in two
/// 16-bit halves, `w = high · 2¹¹ + low`.
///
/// A pair's weights are repeated for 4 channels, `[w₀, w₁] × 4`, so that one multiply-and-add-pairs
/// instruction serves a pair of pixels; sums of 32 bits of both halves are exact, so splitting loses nothing.
package struct PackedWeights: Sendable {
  /// Bits of the low half.
  package static let lowBits: Int32 = 11

  /// Each output's first pair of inputs, counted from the axis origin given.
  package private(set) var firstPairs: [Int] = []
  /// Each output's first pair in `table`; one more at the end.
  package private(set) var bounds: [Int] = [0]
  /// High halves, then low halves, of each pair.
  package private(set) var table: [SIMD8<Int16>] = []

  /// - Parameters:
  ///   - origin: the input that pair 0 begins with.
  ///   - aligned: pairs begin at every second input from the origin; else at each output's own start.
  package init(_ weights: AxisWeights, origin: Int, aligned: Bool) {
    // A pair more than halves: one may begin before a kernel, one end behind it.
    table.reserveCapacity(weights.values.reduce(0) { $0 + 2 * ($1.count / 2 + 1) })
    for (start, kernel) in zip(weights.starts, weights.values) {
      let offset = start - origin
      let lead = aligned ? offset % 2 : 0
      firstPairs.append(aligned ? offset / 2 : offset)
      for position in stride(from: -lead, to: kernel.count, by: 2) {
        let first = position < 0 ? 0 : kernel[position]
        let second = position + 1 < kernel.count ? kernel[position + 1] : 0
        table.append(Self.repeated(first >> Self.lowBits, second >> Self.lowBits))
        let mask = Int32(1) << Self.lowBits - 1
        table.append(Self.repeated(first & mask, second & mask))
      }
      bounds.append(table.count / 2)
    }
  }

  private static func repeated(_ first: Int32, _ second: Int32) -> SIMD8<Int16> {
    var pair = SIMD8<Int16>(repeating: Int16(truncatingIfNeeded: first))
    pair.oddHalf = SIMD4(repeating: Int16(truncatingIfNeeded: second))
    return pair
  }
}

extension PackedWeights {
  /// `firstPairs`, `bounds` and `table` for the inner loops.
  func withPointers(
    _ body: (UnsafePointer<Int>, UnsafePointer<Int>, UnsafePointer<SIMD8<Int16>>) -> Void
  ) {
    firstPairs.withUnsafeBufferPointer { firstPairs in
      bounds.withUnsafeBufferPointer { bounds in
        table.withUnsafeBufferPointer { table in
          guard let firstPairs = firstPairs.baseAddress, let bounds = bounds.baseAddress,
            let table = table.baseAddress
          else { return }
          body(firstPairs, bounds, table)
        }
      }
    }
  }
}
