import Kernels
import PlainText
import SoftMoEViT

/// What `softmoe bench` measured; its JSON.
package struct BenchReport: Encodable {
  package struct Run: Encodable {
    let batch: Int
    /// Median, least and largest seconds of a batch.
    let seconds, leastSeconds, largestSeconds: Double
    let imagesPerSecond, gigaflopsPerSecond: Double
    /// Weights over time.
    let weightGigabytesPerSecond: Double
    let rooflineSeconds: Double
    /// roofline / median.
    let rooflineShare: Double
    let limits: MachineLimits
    /// Milliseconds of each step, when asked for.
    let profile: [String: Double]?
    /// What the experts' usage costs, when asked for.
    let usage: UsageCost?

    private enum CodingKeys: String, CodingKey {
      case batch, seconds, limits, profile, usage
      case leastSeconds = "least_seconds"
      case largestSeconds = "largest_seconds"
      case imagesPerSecond = "images_per_second"
      case gigaflopsPerSecond = "gigaflops_per_second"
      case weightGigabytesPerSecond = "weight_gigabytes_per_second"
      case rooflineSeconds = "roofline_seconds"
      case rooflineShare = "roofline_share"
    }

    package init(
      batch: Int, times: [Double], cost: ModelCost, limits: MachineLimits, profile: [String: Double]?,
      usage: UsageCost?
    ) {
      let sorted = times.sorted()
      self.batch = batch
      seconds = sorted[sorted.count / 2]
      (leastSeconds, largestSeconds) = (sorted[0], sorted[sorted.count - 1])
      imagesPerSecond = Double(batch) / seconds
      gigaflopsPerSecond = cost.flop(imageCount: batch) / seconds / 1e9
      weightGigabytesPerSecond = cost.weightBytes / seconds / 1e9
      rooflineSeconds = cost.rooflineSeconds(imageCount: batch, limits)
      rooflineShare = rooflineSeconds / seconds
      (self.limits, self.profile, self.usage) = (limits, profile, usage)
    }
  }

  let model, kernels: String
  let threads, workspaceBytes: Int
  let runs: [Run]

  private enum CodingKeys: String, CodingKey {
    case model, kernels, threads, runs
    case workspaceBytes = "workspace_bytes"
  }

  /// - Parameters:
  ///   - model: its name.
  ///   - kernels: who multiplies.
  ///   - runs: one a batch size, in the order asked for.
  package init(model: String, kernels: String, threads: Int, workspaceBytes: Int, runs: [Run]) {
    (self.model, self.kernels, self.threads) = (model, kernels, threads)
    (self.workspaceBytes, self.runs) = (workspaceBytes, runs)
  }

  /// For people: tables with an end of line after each row.
  package var text: String {
    "\(model), kernels \(kernels), \(threads) threads, workspace \(megabytes(workspaceBytes))\n"
      + speeds + steps + usageCosts
  }

  private var speeds: String {
    table(
      [
        "batch", "ms", "least", "images/s", "GFLOP/s", "weights GB/s", "peak", "read GB/s", "roofline ms",
        "reached",
      ],
      runs.map { run in
        [
          "\(run.batch)", tenths(run.seconds * 1e3), tenths(run.leastSeconds * 1e3),
          tenths(run.imagesPerSecond),
          tenths(run.gigaflopsPerSecond), tenths(run.weightGigabytesPerSecond),
          tenths(run.limits.gigaflopsPerSecond), tenths(run.limits.gigabytesPerSecond),
          tenths(run.rooflineSeconds * 1e3), percent(run.rooflineShare),
        ]
      })
  }

  private var steps: String {
    guard runs.contains(where: { $0.profile != nil }) else { return "" }
    let steps = ForwardProfile.Step.allCases.map(\.rawValue)
    return "\nmilliseconds a step\n"
      + table(
        ["batch"] + steps,
        runs.map { run in ["\(run.batch)"] + steps.map { tenths(run.profile?[$0] ?? 0) } })
  }

  private var usageCosts: String {
    let costs = runs.compactMap { run in run.usage.map { (run.batch, $0) } }
    guard !costs.isEmpty else { return "" }
    let title =
      "the experts' usage: milliseconds with and without gathering it, and the median difference of pairs"
    return "\n\(title)\n"
      + table(
        ["batch", "with", "without", "cost"],
        costs.map { batch, cost in
          [
            "\(batch)", hundredths(cost.seconds * 1e3), hundredths(cost.secondsWithout * 1e3),
            "\(hundredths(cost.share * 100)) %",
          ]
        })
  }
}
