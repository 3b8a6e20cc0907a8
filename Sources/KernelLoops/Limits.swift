/// What the processor can do at most, to compare with.
extension Loops {
  package func fusedMultiplyAdds(rounds: Int) -> Int {
    var sums = InlineArray<12, Vector>(repeating: Vector())
    // A sum that stays finite and that the compiler can't foresee.
    let (x, y) = (Vector(repeating: 0.5), Vector(repeating: Float(rounds)))
    for _ in 0..<rounds {
      for index in 0..<12 { sums[index] = y.addingProduct(sums[index], x) }
    }
    var result = Vector()
    for index in 0..<12 { result += sums[index] }
    return 2 * 12 * lanes * rounds + (total(result) == -1 ? 1 : 0)
  }

  package func streamedSum(_ source: UnsafePointer<Float>, count: Int) -> Float {
    var sums = InlineArray<4, Vector>(repeating: Vector())
    for index in stride(from: 0, to: count, by: 4 * lanes) {
      for part in 0..<4 { sums[part] += load(source + index + part * lanes) }
    }
    return total(sums[0] + sums[1] + (sums[2] + sums[3]))
  }
}
