import Inference
import SoftMoEViT
import Testing

@Suite struct ChoiceUsageTests {
  /// 2 experts with room for 4 of a class token and 2 × 3 patches, of which each chooses one.
  private let layer = RoutedLayer(
    block: 5, expertCount: 2, slotsPerExpert: 1, tokenCount: 7, gridRows: 2, gridColumns: 3,
    router: .tokensChoice, selectedExperts: 1, capacity: 4)

  private func routing(_ taken: [Float], of demand: [Float], contribution: [Float]) -> LayerRouting {
    LayerRouting(
      slotMass: [0.75, 0.25], effectiveTokens: taken, largestDispatch: [0.9, 0.5],
      tokenContribution: contribution, demand: demand, firstChoices: taken)
  }

  @Test func meansAreOverImages() throws {
    var totals = UsageTotals(for: [layer])
    totals.add([routing([4, 1], of: [6, 1], contribution: [1.4, 1.4, 1.4, 1.4, 1.4, 0, 0])])
    var others = UsageTotals(for: [layer])
    others.add([routing([4, 2], of: [5, 2], contribution: [0, 7, 7, 7, 7, 7, 7].map { $0 / 6 })])
    totals.add(others)
    let usage = try #require(totals.usage(of: [layer]).first)
    let choices = try #require(usage.choices)
    #expect(choices.taken == [4, 1.5] && choices.wanted == [5.5, 1.5] && choices.dropped == [1.5, 0])
    #expect(choices.firstChoices == [4, 1.5] && choices.laterChoices == [0, 0])
    #expect(choices.droppedShare == 1.5 / 7 && choices.unmetTokenShare == 3.0 / 14)
  }

  @Test func aSoftRouterHasNone() throws {
    let soft = RoutedLayer(
      block: 5, expertCount: 2, slotsPerExpert: 1, tokenCount: 7, gridRows: 2, gridColumns: 3)
    var totals = UsageTotals(for: [soft])
    totals.add([routing([4, 1], of: [], contribution: [0, 1, 1, 1, 1, 1, 2])])
    #expect(try #require(totals.usage(of: [soft]).first).choices == nil)
    #expect(totals.layers[0].demand.isEmpty && totals.layers[0].unmetTokenCount == 0)
  }
}
