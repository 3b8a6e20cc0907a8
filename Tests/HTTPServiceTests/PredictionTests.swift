import HTTPService
import Inference
import Testing

@Suite struct PredictionTests {
  @Test func theLikeliestComeFirstAndTiesByIndex() {
    let top = Prediction.top(3, logits: [0, 2, 1, 2], labels: ["a", "b", "c", "d"])
    #expect(top.map(\.label) == ["b", "d", "c"])
    #expect(top.map(\.index) == [1, 3, 2])
  }

  @Test func softmaxSumsToOneHoweverLargeTheLogits() {
    let shares = softmax([1000, 1001, -1000])
    #expect(abs(shares.reduce(0, +) - 1) < 1e-6)
    #expect(abs(shares[1] - 0.7310586) < 1e-6)
  }
}
