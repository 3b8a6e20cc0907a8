import ArgumentParser
import LoadGenerator
import Reports

/// `softmoe load`: how a server answers under load.
struct LoadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "load",
    abstract: "Put load on a server and measure throughput, latency and refusals.",
    discussion: """
      Posts the images of a folder in turn, each request on one of the connections, which are kept open. With \
      --concurrency each connection sends its next request as soon as its answer has come (closed loop). With \
      --rate requests come at random, independent of the answers (open loop, Poisson); a latency counts from \
      when its request was due, so waiting for a free connection counts too.

      Requests that are due in the measured seconds count, and their answers are waited for; answers/s are the \
      good (2xx) ones that came within these seconds. Ctrl-C ends early and prints what was measured. A \
      request that meets a connection which the server has just closed is sent once more. Retry-After is not \
      heeded. Status 1 when no request was answered.

      --json: url, images, image_bytes, warmup_seconds, timeout_seconds, seed (open loop), interrupted, and \
      levels, each with connections, rate (open loop), seconds, requests, answers (by status), errors \
      {connect, timeout, broken}, first_error, reconnects, answers_per_second, latency_ms {p50, p90, p95, \
      p99, p99_9, max, mean}, refusal_latency_ms (the same of 429 and 503), mean_batch_size, \
      mean_server_timing_ms {decode, queue, inference, total}, client_processors. What there is not is left out.
      """)

  @Option(help: "The server: http://HOST[:PORT].") var url = "http://127.0.0.1:8080"
  @Option(help: "The route, with its query.") var path = "/classify"
  @Option(
    help: """
      A folder with .jpg, .jpeg, .png or .webp files, also in folders below; in the order of their paths, as \
      many as \(ImageRequests.defaultByteLimit >> 20) MiB hold.
      """)
  var images: String
  @Option(help: "A header 'name: value' for every request; may be given several times.") var header:
    [String] = []
  @Option(help: "Closed loop: numbers of connections, with commas. Default: 1,8,32.") var concurrency: String?
  @Option(help: "Open loop: requests a second, with commas.") var rate: String?
  @Option(help: "Open loop: most connections. Default: 64.") var connections: Int?
  @Option(help: "Open loop: the same seed gives the same arrivals. Default: 1.") var seed: UInt64?
  @Option(help: "Seconds that are measured, each level.") var seconds = 10.0
  @Option(help: "Seconds of load before them that don't count.") var warmup = 2.0
  @Option(help: "Seconds until a request without an answer is given up.") var timeout = 30.0
  @Flag(help: "JSON instead of a table.") var json = false
  @Option(help: "An SVG file to draw latencies and answers/s over the load into.") var chart: String?

  private static let maxConnections = 4096

  func validate() throws {
    _ = try levels()
    _ = try target()
    try check((0.01...86_400).contains(seconds), "--seconds: expected 0.01 to 86400, found \(seconds)")
    try check((0...86_400).contains(warmup), "--warmup: expected 0 to 86400, found \(warmup)")
    try check((0.001...3600).contains(timeout), "--timeout: expected 0.001 to 3600, found \(timeout)")
  }

  func run() throws {
    let (levels, target) = (try levels(), try target())
    let requests = try ImageRequests(folder: images, target: target)
    let timing = LoadTiming(warmup: warmup, measured: seconds, timeout: timeout)
    let generator = try LoadGenerator(target: target, requests: requests, timing: timing)
    Interruption.watch()
    let progress = ProgressBar("measuring")
    var results: [LevelResult] = []
    for (index, level) in levels.enumerated() where !Interruption.hasCome {
      let result = try generator.measure(level) { share in
        progress.show((Double(index) + min(1, share)) / Double(levels.count))
        return !Interruption.hasCome
      }
      results.append(result)
    }
    progress.clear()
    let report = LoadReport(
      url: "http://\(target.authority)\(target.path)", images: requests.count, imageBytes: requests.byteCount,
      warmupSeconds: warmup, timeoutSeconds: timeout, seed: rate == nil ? nil : seed ?? 1,
      isInterrupted: Interruption.hasCome, levels: results)
    print(json ? try encodedJSON(report) : report.text, terminator: json ? "\n" : "")
    if requests.leftOutCount > 0, !json {
      print("  \(requests.leftOutCount) more images were left out: the first ones fill the memory set aside")
    }
    if let chart {
      try writeFile(LoadChart(report).svg, to: chart)
    }
    guard results.contains(where: { !$0.answers.isEmpty }) else { throw ExitCode.failure }
  }

  private func target() throws -> LoadTarget {
    do throws(LoadError) {
      return try LoadTarget(url: url, path: path, headers: header)
    } catch {
      let option: String? =
        switch error {
        case .invalidURL: "url"
        case .invalidPath: "path"
        case .invalidHeader: "header"
        default: nil
        }
      throw ValidationError((option.map { "--\($0): " } ?? "") + error.description)
    }
  }

  private func levels() throws -> [LoadLevel] {
    guard let rate else {
      try check(connections == nil && seed == nil, "--connections and --seed belong to --rate")
      let counts = try numbers(
        concurrency ?? "1,8,32", in: 1...Self.maxConnections, option: "--concurrency")
      return counts.map { .closed(connections: $0) }
    }
    try check(concurrency == nil, "--rate and --concurrency exclude each other: give one of them")
    let connections = connections ?? 64
    try check(
      (1...Self.maxConnections).contains(connections),
      "--connections: expected 1 to \(Self.maxConnections), found \(connections)")
    return try numbers(rate, in: 0.001...1e6, option: "--rate").map {
      .open(rate: $0, connections: connections, seed: seed ?? 1)
    }
  }

  private func check(_ holds: Bool, _ rule: String) throws {
    guard holds else { throw ValidationError(rule) }
  }
}
