import Inference
import SoftMoEViT

/// What it costs to gather the experts' usage, from the softmaxes' entropies to the sliding window.
package struct UsageCost: Encodable {
  /// Median seconds of a batch with and without it.
  package let seconds, secondsWithout: Double
  /// Median of with / without − 1, over pairs of batches that ran one after the other.
  package let share: Double

  enum CodingKeys: String, CodingKey {
    case seconds, share
    case secondsWithout = "seconds_without"
  }

  /// Runs batches with and without it in turns, for at least some seconds and ten pairs.
  ///
  /// - Throws: `MachineError.memory`.
  package init(_ network: SoftMoEViT, batch: Int, seconds limit: Double, _ workspace: inout Workspace)
    throws(MachineError)
  {
    let summaries = try RoutingSummaries(for: network.configuration, maxImageCount: batch)
    let clock = ContinuousClock()
    let layers = RoutedLayer.all(of: network.configuration)
    var history = UsageHistory(of: layers, windowLength: .seconds(300), start: clock.now)
    func time(observing: Bool) -> Double {
      clock.measure {
        network.forward(imageCount: batch, &workspace, observer: observing ? summaries : nil)
        guard observing else { return }
        for image in 0..<batch {
          history.add(layers.indices.map { summaries.routing(of: image, layer: $0) }, at: clock.now)
        }
      } / .seconds(1)
    }
    let end = clock.now + .seconds(limit)
    var pairs: [(with: Double, without: Double)] = []
    while clock.now < end || pairs.count < 10 {
      // Whoever comes second finds the caches as the other left them: they take turns in that too.
      let isFirst = pairs.count.isMultiple(of: 2)
      let first = time(observing: isFirst)
      let second = time(observing: !isFirst)
      pairs.append(isFirst ? (first, second) : (second, first))
    }
    func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
    seconds = median(pairs.map(\.with))
    secondsWithout = median(pairs.map(\.without))
    share = median(pairs.map { $0.with / $0.without }) - 1
  }
}
