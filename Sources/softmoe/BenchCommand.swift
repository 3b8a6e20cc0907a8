import ArgumentParser
import Checkpoint
import Kernels
import Reports
import SoftMoEViT

/// `softmoe bench`: how fast a model runs here, and how near to what the machine allows.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure a checkpoint's speed at several batch sizes beside the machine's own limits.",
    discussion: """
      Before each batch size the machine's peak of fused multiply-adds and its memory's read speed are measured \
      again. The roofline is the time that they allow: everything but the experts at the peak, and the experts' \
      weights read or their products computed, whichever takes longer.
      """)

  @Argument(help: "The .smoe checkpoint.") var model: String
  @Option(help: "Batch sizes, with commas.") var batches = "1,2,4,8,16,32"
  @Option(help: "Seconds for each batch size, at least; five batches are run anyway.") var seconds = 2.0
  @Option(help: "Threads. Default: the processors that this process may use.") var threads: Int?
  @Option(help: "auto, simd or openblas, as for serve.") var kernels: KernelChoice = .auto
  @Flag(help: "Also the milliseconds of each kind of step.") var profile = false
  @Flag(help: "Also what it costs to gather the experts' usage, in pairs of batches with and without.")
  var usage = false
  @Flag(help: "JSON instead of a table.") var json = false
  @Option(help: "An SVG file to draw images/s over batch size into.") var chart: String?

  func validate() throws {
    _ = try sizes()
    guard (1...1_024).contains(threads ?? 1) else { throw ValidationError("--threads: expected 1 to 1024") }
  }

  func run() throws {
    let checkpoint = try Checkpoint(path: model)
    let network = try SoftMoEViT(checkpoint)
    let threadCount = threads ?? availableProcessorCount()
    let set = try KernelSet(kernels)
    let sizes = try sizes()
    var workspace = try Workspace(
      for: network.configuration, maxImageCount: sizes.max() ?? 1,
      threads: ThreadPool(threadCount: threadCount), kernels: set)
    for index in 0..<workspace.maxImageCount {
      network.load(Self.pixels(network.configuration, seed: index), at: index, &workspace)
    }
    let weights = checkpoint.tensors.filter { !TensorName.isProbe($0.name) }
    let cost = ModelCost(
      network.configuration,
      expertBytes: weights.filter { TensorName.isExperts($0.name) }.reduce(0) { $0 + $1.byteCount },
      weightBytes: weights.reduce(0) { $0 + $1.byteCount })
    // Weights into memory, threads awake.
    network.forward(imageCount: 1, &workspace)
    let progress = ProgressBar("measuring")
    var runs: [BenchReport.Run] = []
    for (index, batch) in sizes.enumerated() {
      progress.show(Double(index) / Double(sizes.count))
      runs.append(try measure(network, batch: batch, cost, &workspace))
    }
    progress.clear()
    let report = BenchReport(
      model: try checkpoint.section(.name), kernels: set.name, threads: threadCount,
      workspaceBytes: workspace.byteCount, runs: runs)
    print(json ? try encodedJSON(report) : report.text, terminator: json ? "\n" : "")
    if let chart {
      try writeFile(BenchChart(report).svg, to: chart)
    }
  }

  private func measure(
    _ network: SoftMoEViT, batch: Int, _ cost: ModelCost, _ workspace: inout Workspace
  ) throws(MachineError) -> BenchReport.Run {
    let limits = try workspace.compute.measureLimits()
    network.forward(imageCount: batch, &workspace)
    if profile { workspace.profile = ForwardProfile() }
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    var times: [Double] = []
    while clock.now < end || times.count < 5 {
      times.append(clock.measure { network.forward(imageCount: batch, &workspace) } / .seconds(1))
    }
    let steps = workspace.profile.map { profile in
      Dictionary(
        uniqueKeysWithValues: zip(ForwardProfile.Step.allCases, profile.durations).map {
          ($0.rawValue, $1 / .seconds(1) / Double(times.count) * 1e3)
        })
    }
    workspace.profile = nil
    let usage = usage ? try UsageCost(network, batch: batch, seconds: seconds, &workspace) : nil
    return BenchReport.Run(
      batch: batch, times: times, cost: cost, limits: limits, profile: steps, usage: usage)
  }

  private func sizes() throws -> [Int] { try numbers(batches, in: 1...4_096, option: "--batches") }

  /// Pixels in the range of normalised ones.
  private static func pixels(_ model: ModelConfiguration, seed: Int) -> [Float] {
    (0..<model.imageHeight * model.imageWidth * 3).map {
      Float(($0 &* 2_654_435_761 &+ seed &* 40_503) >> 8 & 0xFFFF) / 32_768 - 1
    }
  }
}
