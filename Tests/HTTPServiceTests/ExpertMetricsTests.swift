import Foundation
import HTTPService
import Inference
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

  /// Counted by hand, of l layers, n experts in all and s slots in all.
  private func counts() throws -> [ExpertMetricsLevel: Int] {
    let model = try OpenedModel(path: packageRoot.appending(path: "models/cifar10-softmoe.smoe").path)
    let layers = RoutedLayer.all(of: model.network.configuration)
    let (l, n) = (layers.count, layers.reduce(0) { $0 + $1.expertCount })
    let s = layers.reduce(0) { $0 + $1.slotCount }
    let ofLayers = 2 + (model.profile == nil ? 3 : 5) * l
    return [.off: 1, .layer: ofLayers + 2 * l, .expert: ofLayers + 3 * n, .slot: ofLayers + n + 3 * s]
  }

  @Test(arguments: ExpertMetricsLevel.allCases)
  func eachLevelHasTheSeriesThatWereStated(_ level: ExpertMetricsLevel) throws {
    let series = try series { $0.expertMetrics = level }
    #expect(try series.count == counts()[level])
    let masses = series.filter { $0.key.hasPrefix("softmoe_expert_combine_mass_total{layer=\"4\"") }
    if level == .expert || level == .slot { #expect(abs(masses.values.reduce(0, +) - 1) < 1e-5) }
    if level != .off {
      let tokens = try #require(series.first { $0.key.hasPrefix("softmoe_slot_effective_tokens") })
      #expect((1...64).contains(tokens.value))
    }
  }

  @Test func aLevelBeyondTheBudgetGivesWayToTheNextCoarserOne() throws {
    func count(_ limit: Int) throws -> Int {
      try series { ($0.expertMetrics, $0.metricsSeriesLimit) = (.slot, limit) }.count
    }
    let counts = try counts()
    let (slot, expert, layer) = try (
      #require(counts[.slot]), #require(counts[.expert]), #require(counts[.layer])
    )
    #expect(try count(slot) == slot)
    #expect(try count(slot - 1) == expert)
    #expect(try count(expert - 1) == layer)
    #expect(try count(layer - 1) == 1)
  }
}
