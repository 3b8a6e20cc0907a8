import LoadGenerator
import Testing

@Suite struct LatencySummaryTests {
  private func milliseconds(_ values: some Sequence<Int>) -> [Nanoseconds] {
    values.map { Nanoseconds($0) * 1_000_000 }
  }

  @Test func percentilesAreTheNearestRanks() throws {
    let summary = try #require(LatencySummary(milliseconds((1...1000).reversed())))
    #expect(summary.p50 == 500 && summary.p90 == 900 && summary.p95 == 950 && summary.p99 == 990)
    #expect(summary.p999 == 999 && summary.max == 1000 && summary.mean == 500.5)
  }

  @Test func fewSamplesHavePercentilesToo() throws {
    // Ranks ⌈3 · 0.5⌉ = 2, and 3 for all above two thirds.
    let summary = try #require(LatencySummary(milliseconds([30, 10, 20])))
    #expect(summary.p50 == 20 && summary.p90 == 30 && summary.p999 == 30 && summary.mean == 20)
    let one = try #require(LatencySummary(milliseconds([7])))
    #expect(one.p50 == 7 && one.p99 == 7 && one.max == 7)
    #expect(LatencySummary([]) == nil)
  }

  @Test func ranksDoNotSufferFromRounding() throws {
    // In floating point 0.95 · 20 exceeds 19 or not; the rank is 19.
    let summary = try #require(LatencySummary(milliseconds(1...20)))
    #expect(summary.p95 == 19 && summary.p90 == 18 && summary.p99 == 20)
  }
}
