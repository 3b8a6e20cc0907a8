import LoadGenerator
import Testing

@Suite struct PoissonScheduleTests {
  private func times(rate: Double, seed: UInt64, count: Int) -> [Nanoseconds] {
    var schedule = PoissonSchedule(start: 1_000, rate: rate, seed: seed)
    return (0..<count).map { _ in
      defer { schedule.advance() }
      return schedule.next
    }
  }

  @Test func gapsHaveTheMeanAndSpreadOfAnExponentialDistribution() {
    let times = [1_000] + times(rate: 250, seed: 7, count: 100_000)
    let gaps = zip(times, times.dropFirst()).map { ($1 - $0).seconds }
    let mean = gaps.reduce(0, +) / Double(gaps.count)
    let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)
    #expect(abs(mean * 250 - 1) < 0.02)
    // The deviation equals the mean; of even spacing it would be 0.
    #expect(abs(variance.squareRoot() * 250 - 1) < 0.02)
    // A share of 1 − 1/e is shorter than the mean.
    let shorter = Double(gaps.count { $0 < mean }) / Double(gaps.count)
    #expect(abs(shorter - 0.632) < 0.01)
  }

  @Test func theSeedDecides() {
    #expect(times(rate: 100, seed: 3, count: 1000) == times(rate: 100, seed: 3, count: 1000))
    #expect(times(rate: 100, seed: 3, count: 1000) != times(rate: 100, seed: 4, count: 1000))
    #expect(times(rate: 100, seed: 3, count: 1000).allSatisfy { $0 >= 1_000 })
  }

  /// The published reference values for the state 1234567.
  @Test func theGeneratorIsSplitMix64() {
    var generator = SplitMix64(state: 1_234_567)
    #expect(generator.next() == 6_457_827_717_110_365_317)
    #expect(generator.next() == 3_203_168_211_198_807_973)
  }
}
