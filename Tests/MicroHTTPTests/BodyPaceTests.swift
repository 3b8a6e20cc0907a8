import MicroHTTP
import Testing

@Suite struct BodyPaceTests {
  @Test func averagesSinceTheBeginning() {
    let beginning = ContinuousClock.now
    var pace = BodyPace(minimumRate: 100, grace: .seconds(5), beginning: beginning)
    #expect(!pace.isTooSlow(at: beginning + .seconds(5)))
    #expect(pace.isTooSlow(at: beginning + .seconds(5.1)))
    pace.byteCount = 1000
    #expect(!pace.isTooSlow(at: beginning + .seconds(10)))
    #expect(pace.isTooSlow(at: beginning + .seconds(10.1)))
    pace.byteCount += 100
    #expect(!pace.isTooSlow(at: beginning + .seconds(10.1)))
  }
}
