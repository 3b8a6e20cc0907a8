import Testing
import softmoe

@Suite struct ReloadTurnsTests {
  @Test func anOrderBeginsAReload() {
    var turns = ReloadTurns()
    #expect(turns.order() && turns.isUnderWay)
    #expect(!turns.end() && !turns.isUnderWay)
    #expect(turns.order())
  }

  @Test(arguments: [1, 2, 1000]) func ordersThatPileUpBecomeOne(_ count: Int) {
    var turns = ReloadTurns()
    #expect(turns.order())
    for _ in 0..<count { #expect(!turns.order()) }
    #expect(turns.end() && turns.isUnderWay)
    #expect(!turns.end() && !turns.isUnderWay)
  }
}
