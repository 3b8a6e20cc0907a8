/// The header `Server-Timing`: what a browser's tools and proxies show of how an answer came about.
///
/// - Source: W3C Server Timing.
package struct ServerTiming {
  /// The header's value.
  package let value: String

  /// - Parameter stages: names, which are tokens, and how long each took; nil for one that was not gone through.
  package init(_ stages: [(name: String, duration: Duration?)]) {
    value = stages.compactMap { stage in
      stage.duration.map { "\(stage.name);dur=\(Self.milliseconds($0))" }
    }.joined(separator: ", ")
  }

  /// Rounded to three decimals; 0 for less than none.
  private static func milliseconds(_ duration: Duration) -> String {
    let (seconds, attoseconds) = max(duration, .zero).components
    // Both sums fit 128 bits, whatever the duration is.
    let microseconds =
      Int128(seconds) * 1_000_000 + (Int128(attoseconds) + 500_000_000_000) / 1_000_000_000_000
    let fraction = String(microseconds % 1000)
    return "\(microseconds / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
  }
}
