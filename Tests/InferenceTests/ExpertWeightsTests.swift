import Inference
import Testing

@Suite struct ExpertWeightsTests {
  /// dispatch[token, slot] = 10·token + slot.
  private let dispatch = (0..<7).flatMap { token in (0..<4).map { Float(10 * token + $0) } }

  @Test func patchesAreAnExpertsColumnsWithoutTheClassToken() {
    let weights = ExpertWeights(1, of: layer, routing([0.1, 0.2, 0.3, 0.4]), weights: dispatch)
    #expect(weights.slots[0].patches == [12, 22, 32, 42, 52, 62])
    #expect(weights.slots[1].patches == [13, 23, 33, 43, 53, 63])
    #expect(abs(weights.mass - 0.7) < 1e-6 && weights.slots[1].effectiveTokens == 4)
  }

  @Test func topExpertsComeByMassAndThenByNumber() {
    func top(_ mass: [Float], _ count: Int) -> [Int] {
      ExpertWeights.top(count, of: layer, routing(mass), weights: dispatch).map(\.expert)
    }
    #expect(top([0.1, 0.2, 0.3, 0.4], 2) == [1, 0])
    #expect(top([0.1, 0.2, 0.3, 0.4], 1) == [1])
    #expect(top([0.25, 0.25, 0.25, 0.25], 2) == [0, 1])
  }
}
