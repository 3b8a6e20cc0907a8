/// Collects what happens in a level's measured time.
struct Recorder {
  /// Samples whose room is made before the first request; more make it grow.
  private static let reservedSamples = 1 << 18

  private let window: Range<Nanoseconds>
  private var answers = [Int](repeating: 0, count: 1000)
  private var errors = RequestErrors()
  private var firstError: String?
  /// Good answers that came within the window.
  private var arrivedCount = 0
  private var latencies: [Nanoseconds] = []
  private var refusalLatencies: [Nanoseconds] = []
  private var batchSize = Mean()
  private var (decode, queue, inference, total) = (Mean(), Mean(), Mean(), Mean())

  /// - Parameter window: when requests that count are due.
  init(window: Range<Nanoseconds>) {
    self.window = window
    latencies.reserveCapacity(Self.reservedSamples)
    refusalLatencies.reserveCapacity(Self.reservedSamples)
  }

  mutating func record(_ response: Response, due: Nanoseconds, arrived: Nanoseconds) {
    let isGood = (200...299).contains(response.status)
    if isGood, window.contains(arrived) { arrivedCount += 1 }
    guard window.contains(due) else { return }
    answers[response.status] += 1
    if isGood {
      latencies.append(arrived - due)
      batchSize.add(response.batchSize)
      decode.add(response.stages.decode)
      queue.add(response.stages.queue)
      inference.add(response.stages.inference)
      total.add(response.stages.total)
    } else if response.status == 429 || response.status == 503 {
      refusalLatencies.append(arrived - due)
    }
  }

  mutating func record(_ failure: RequestFailure, due: Nanoseconds) {
    guard window.contains(due) else { return }
    switch failure.kind {
    case .connect: errors.connect += 1
    case .timeout: errors.timeout += 1
    case .broken: errors.broken += 1
    }
    firstError = firstError ?? failure.reason
  }

  /// - Parameter end: when the level was interrupted, if it was before the window's end.
  func result(
    _ level: LoadLevel, end: Nanoseconds, reconnects: Int, clientProcessors: Double
  ) -> LevelResult {
    let seconds = max(0, min(end, window.upperBound) - window.lowerBound).seconds
    let answered = answers.enumerated().filter { $1 > 0 }
    return LevelResult(
      connections: level.connections, rate: level.rate, seconds: seconds,
      requests: answers.reduce(0, +) + errors.total,
      answers: Dictionary(uniqueKeysWithValues: answered.map { ("\($0)", $1) }),
      errors: errors, firstError: firstError, reconnects: reconnects,
      answersPerSecond: seconds > 0 ? Double(arrivedCount) / seconds : 0,
      latency: LatencySummary(latencies), refusalLatency: LatencySummary(refusalLatencies),
      meanBatchSize: batchSize.value,
      serverTiming: ServerStages(
        decode: decode.value, queue: queue.value, inference: inference.value, total: total.value),
      clientProcessors: clientProcessors)
  }
}

/// The mean of the values that there are.
private struct Mean {
  private var sum = 0.0
  private var count = 0

  var value: Double? { count > 0 ? sum / Double(count) : nil }

  mutating func add(_ value: Double?) {
    guard let value else { return }
    sum += value
    count += 1
  }
}
