/// How long answers took, in milliseconds.
///
/// A percentile is the least sample that at least so many percent of the samples do not exceed (nearest rank).
package struct LatencySummary: Codable, Sendable, Equatable {
  /// The median.
  package let p50: Double
  /// The 90th percentile.
  package let p90: Double
  /// The 95th percentile.
  package let p95: Double
  /// The 99th percentile.
  package let p99: Double
  /// The 99.9th percentile.
  package let p999: Double
  /// The slowest.
  package let max: Double
  /// The arithmetic mean.
  package let mean: Double

  private enum CodingKeys: String, CodingKey {
    case p50, p90, p95, p99, max, mean
    case p999 = "p99_9"
  }

  /// Nil without samples.
  package init?(_ samples: [Nanoseconds]) {
    guard !samples.isEmpty else { return nil }
    let sorted = samples.sorted()
    func percentile(perMille: Int) -> Double {
      sorted[(sorted.count * perMille + 999) / 1000 - 1].milliseconds
    }
    p50 = percentile(perMille: 500)
    p90 = percentile(perMille: 900)
    p95 = percentile(perMille: 950)
    p99 = percentile(perMille: 990)
    p999 = percentile(perMille: 999)
    max = percentile(perMille: 1000)
    mean = sorted.reduce(0) { $0 + $1.milliseconds } / Double(sorted.count)
  }
}
