/// What the processor can do at most, to compare with.
extension Loops {
  package func fusedMultiplyAdds(rounds: Int) -> Float {
    // Sums that stay finite and that the compiler can't foresee.
    let (half, start) = (Vector(repeating: 0.5), Vector(repeating: Float(rounds)))
    guard hasFusedMultiplyAdd else {
      var sums = InlineArray<8, Vector>(repeating: Vector())
      for _ in 0..<rounds { for index in 0..<8 { sums[index] = sums[index] * half + start } }
      return (0..<8).reduce(0) { $0 + total(sums[$1]) }
    }
    var sums = InlineArray<12, Vector>(repeating: Vector())
    for _ in 0..<rounds { for index in 0..<12 { sums[index] = start.addingProduct(sums[index], half) } }
    return (0..<12).reduce(0) { $0 + total(sums[$1]) }
  }

  package func fusedMultiplyAddCount(rounds: Int) -> Int {
    2 * (hasFusedMultiplyAdd ? 12 : 8) * lanes * rounds
  }

  package func streamedSum(_ source: UnsafePointer<Float>, count: Int) -> Float {
    var sums = InlineArray<4, Vector>(repeating: Vector())
    for index in stride(from: 0, to: count, by: 4 * lanes) {
      for part in 0..<4 { sums[part] += load(source + index + part * lanes) }
    }
    return total(sums[0] + sums[1] + (sums[2] + sums[3]))
  }
}
