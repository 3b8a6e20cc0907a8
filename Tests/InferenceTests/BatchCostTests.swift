import Inference
import Testing

@Suite struct BatchCostTests {
  @Test func aLineIsFoundAgain() {
    var cost = BatchCost()
    for count in [1, 8, 3, 32, 16, 2] {
      cost.observe(imageCount: count, seconds: 0.02 * Double(count) + 0.09)
    }
    #expect(abs(cost.perImage - 0.02) < 1e-9 && abs(cost.perBatch - 0.09) < 1e-9)
    #expect(abs(cost.seconds(imageCount: 40, maxBatch: 16) - (40 * 0.02 + 3 * 0.09)) < 1e-9)
    #expect(cost.seconds(imageCount: 0, maxBatch: 16) == 0)
  }

  @Test func batchesOfOneSizeKeepTheSlopeAndMoveTheLine() {
    var cost = BatchCost()
    cost.observe(imageCount: 1, seconds: 0.3)
    cost.observe(imageCount: 8, seconds: 1.0)
    for _ in 0..<1000 { cost.observe(imageCount: 8, seconds: 2.0) }
    #expect(abs(cost.seconds(imageCount: 8, maxBatch: 8) - 2.0) < 0.02)
    #expect(cost.perImage > 0 && cost.perBatch > 0)
  }

  @Test func noiseGivesNoNegativeCosts() {
    var cost = BatchCost()
    // Smaller batches that took longer: a disturbed machine.
    for (count, seconds) in [(8, 0.1), (1, 0.5), (4, 0.3), (2, 0.4), (8, 0.2)] {
      cost.observe(imageCount: count, seconds: seconds)
      #expect(cost.perImage >= 0 && cost.perBatch >= 0)
    }
    #expect(cost.deviation > 0)
    let known = cost
    cost.observe(imageCount: 0, seconds: 1)
    cost.observe(imageCount: 1, seconds: 0)
    #expect(cost == known)
  }

  @Test func theMachineThatSlowsDownIsFollowed() {
    var cost = BatchCost()
    for round in 0..<400 {
      let count = 1 + round % 8
      cost.observe(imageCount: count, seconds: (round < 200 ? 1 : 3) * (0.01 * Double(count) + 0.05))
    }
    #expect(abs(cost.seconds(imageCount: 4, maxBatch: 8) - 0.27) < 0.02)
  }
}
