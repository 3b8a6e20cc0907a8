import Kernels
import SoftMoEViT

/// What `softmoe bench` measured; its JSON.
struct BenchReport: Encodable {
  struct Run: Encodable {
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

    init(
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

  /// For people.
  func show() {
    print("\(model), kernels \(kernels), \(threads) threads, workspace \(megabytes(workspaceBytes))")
    printTable(
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
    let steps = ForwardProfile.Step.allCases.map(\.rawValue)
    if runs.contains(where: { $0.profile != nil }) {
      print("\nmilliseconds a step")
      printTable(
        ["batch"] + steps,
        runs.map { run in ["\(run.batch)"] + steps.map { tenths(run.profile?[$0] ?? 0) } })
    }
    let costs = runs.compactMap { run in run.usage.map { (run.batch, $0) } }
    guard !costs.isEmpty else { return }
    print(
      "\nthe experts' usage: milliseconds with and without gathering it, and the median difference of pairs")
    printTable(
      ["batch", "with", "without", "cost"],
      costs.map { batch, cost in
        [
          "\(batch)", hundredths(cost.seconds * 1e3), hundredths(cost.secondsWithout * 1e3),
          "\(hundredths(cost.share * 100)) %",
        ]
      })
  }
}

/// Two decimals.
func hundredths(_ x: Double) -> String {
  let hundredths = Int((abs(x) * 100).rounded())
  let fraction = hundredths % 100
  return "\(x < 0 && hundredths > 0 ? "-" : "")\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
}

/// One decimal.
func tenths(_ x: Double) -> String {
  let tenths = Int((x * 10).rounded())
  return "\(tenths / 10).\(tenths % 10)"
}
