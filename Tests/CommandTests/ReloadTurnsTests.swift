import Testing
import softmoe

@Suite struct ReloadTurnsTests {
  /// What a reload that is under way and `count` orders come to: whether each begins one, and after it another.
  private func begun(orders count: Int) -> (atOrders: [Bool], atEnds: [Bool]) {
    var turns = ReloadTurns()
    let atOrders = (0..<count).map { _ in turns.order() }
    var atEnds: [Bool] = []
    while turns.isUnderWay { atEnds.append(turns.end()) }
    return (atOrders, atEnds)
  }

  @Test func anOrderBeginsAReload() {
    #expect(begun(orders: 0).atEnds == [])
    #expect(begun(orders: 1) == ([true], [false]))
  }

  @Test(arguments: [2, 3, 1000]) func ordersThatPileUpBecomeOne(_ count: Int) {
    let (atOrders, atEnds) = begun(orders: count)
    #expect(atOrders == [true] + Array(repeating: false, count: count - 1) && atEnds == [true, false])
  }
}
