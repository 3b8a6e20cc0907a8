import Inference
import Testing

@Suite struct UsageHistoryTests {
  private let start = ContinuousClock.now
  private let image = [routing([0.1, 0.2, 0.3, 0.4])]

  private func count(_ history: UsageHistory, after seconds: Int) -> Int {
    history.window(at: start + .seconds(seconds)).imageCount
  }

  @Test func imagesLeaveWithTheirSlice() {
    var history = UsageHistory(of: [layer], windowLength: .seconds(120), start: start)
    for second in [0, 9, 10, 55] { history.add(image, at: start + .seconds(second)) }
    #expect(count(history, after: 60) == 4)
    #expect(count(history, after: 119) == 4)
    #expect(count(history, after: 120) == 2)
    #expect(count(history, after: 130) == 1)
    #expect(count(history, after: 170) == 0)
    #expect(count(history, after: 10_000) == 0)
    #expect(history.lifetime.imageCount == 4)
  }

  @Test func goesOnAfterAPause() {
    var history = UsageHistory(of: [layer], windowLength: .seconds(120), start: start)
    history.add(image, at: start)
    history.add(image, at: start + .seconds(1000))
    #expect(count(history, after: 1000) == 1)
    #expect(history.lifetime.imageCount == 2)
    #expect(abs(history.lifetime.layers[0].slotMass[3] - 0.8) < 1e-6)
  }
}
