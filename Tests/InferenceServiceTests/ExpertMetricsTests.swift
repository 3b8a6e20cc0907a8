import Foundation
import InferenceService
import TestSupport
import Testing

@Suite struct ExpertMetricsTests {
  /// Series of the experts that a scrape has after one image.
  private func series(_ configure: (inout ServiceOptions) -> Void) throws -> [String: Double] {
    let running = try RunningService { configure(&$0) }
    defer { running.stop() }
    let photo = try bytes("models/samples/cat.jpg")
    #expect(try running.client().request("POST", "/classify", body: photo).status == 200)
    return try running.metrics().filter {
      $0.key.contains(/^softmoe_(routed|routing|layer|expert|slot)_/)
    }
  }

  /// 3 layers of 16 experts of 4 slots, and a profile.
  @Test(arguments: [
    (ExpertMetricsLevel.off, 1), (.layer, 23), (.expert, 161),
    (.slot, 641),
  ])
  func eachLevelHasTheSeriesThatWereStated(_ level: ExpertMetricsLevel, _ count: Int) throws {
    let series = try series { $0.expertMetrics = level }
    #expect(series.count == count)
    let masses = series.filter { $0.key.hasPrefix("softmoe_expert_combine_mass_total{layer=\"4\"") }
    if level == .expert || level == .slot { #expect(abs(masses.values.reduce(0, +) - 1) < 1e-5) }
    if level != .off {
      #expect((1...64).contains(try #require(series.first { $0.key.hasPrefix("softmoe_slot_eff") }).value))
    }
  }

  @Test func aLevelBeyondTheBudgetGivesWayToTheNextCoarserOne() throws {
    func count(_ limit: Int) throws -> Int {
      try series { ($0.expertMetrics, $0.metricsSeriesLimit) = (.slot, limit) }.count
    }
    #expect(try count(641) == 641)
    #expect(try count(640) == 161)
    #expect(try count(160) == 23)
    #expect(try count(22) == 1)
  }
}
