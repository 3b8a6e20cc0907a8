/// What the processor can do at most, to compare with.
extension Loops {
  package func fusedMultiplyAdds(rounds: Int) -> Float {
    // Sums that stay finite and that the compiler can't foresee.
    let (half, start) = (Vector(repeating: 0.5), Vector(repeating: Float(rounds)))
    var sums = PeakSums(repeating: Vector())
    for _ in 0..<rounds {
      for index in sums.indices {
        sums[index] =
          hasFusedMultiplyAdd ? start.addingProduct(sums[index], half) : sums[index] * half + start
      }
    }
    return sums.indices.reduce(0) { $0 + total(sums[$1]) }
  }

  package func fusedMultiplyAddCount(rounds: Int) -> Int { 2 * PeakSums.count * lanes * rounds }

  package func streamedSum(_ source: UnsafePointer<Float>, count: Int) -> Float {
    var sums = InlineArray<4, Vector>(repeating: Vector())
    for index in stride(from: 0, to: count, by: 4 * lanes) {
      for part in 0..<4 { sums[part] += load(source + index + part * lanes) }
    }
    return total(sums[0] + sums[1] + (sums[2] + sums[3]))
  }
}
