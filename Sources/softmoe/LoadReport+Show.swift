import LoadGenerator

extension LoadReport {
  /// For people.
  func show() {
    let isOpen = levels.contains { $0.rate != nil }
    let arrivals = isOpen ? "Poisson arrivals, seed \(seed ?? 0)" : "the next request when an answer has come"
    print("POST \(url), \(images) image\(images == 1 ? "" : "s") (\(megabytes(imageBytes))), \(arrivals)")
    let load = isOpen ? ["rate", "connections"] : ["connections"]
    func row(_ level: LevelResult, _ cells: [String]) -> [String] {
      (level.rate.map { [shortest($0)] } ?? []) + ["\(level.connections)"] + cells
    }
    print("\nlatency of good answers, ms")
    printTable(
      load + ["seconds", "requests", "answers/s", "p50", "p90", "p95", "p99", "p99.9", "max", "mean"],
      levels.map { level in
        let latency = level.latency
        return row(
          level,
          [tenths(level.seconds), "\(level.requests)", tenths(level.answersPerSecond)]
            + [
              latency?.p50, latency?.p90, latency?.p95, latency?.p99, latency?.p999, latency?.max,
              latency?.mean,
            ].map(hundredths))
      })
    showEndings(load, row)
    guard levels.contains(where: { $0.serverTiming.total != nil || $0.meanBatchSize != nil }) else { return }
    print("\nwhat the server says: mean images a batch, mean ms")
    printTable(
      load + ["batch", "decode", "queue", "inference", "total"],
      levels.map { level in
        let timing = level.serverTiming
        return row(
          level,
          [level.meanBatchSize, timing.decode, timing.queue, timing.inference, timing.total].map(hundredths))
      })
  }

  private func showEndings(_ load: [String], _ row: (LevelResult, [String]) -> [String]) {
    let statuses = Set(levels.flatMap(\.answers.keys)).sorted()
    let hasRefusals = levels.contains { $0.refusalLatency != nil }
    print("\nanswers by status, errors, and the generator's own processors")
    printTable(
      load + statuses + (hasRefusals ? ["refused p50 ms", "p99 ms"] : [])
        + ["connect", "timeout", "broken", "reconnects", "client processors"],
      levels.map { level in
        let errors = level.errors
        return row(
          level,
          statuses.map { "\(level.answers[$0] ?? 0)" }
            + (hasRefusals ? [level.refusalLatency?.p50, level.refusalLatency?.p99] : []).map(hundredths)
            + [errors.connect, errors.timeout, errors.broken, level.reconnects].map { "\($0)" }
            + [hundredths(level.clientProcessors)])
      })
    for level in levels {
      guard let error = level.firstError else { continue }
      let load = level.rate.map { "\(shortest($0)) requests/s" } ?? "\(level.connections) connections"
      print("  first error with \(load): \(error)")
    }
  }
}

/// Two decimals; nothing for nil.
private func hundredths(_ x: Double?) -> String {
  guard let x else { return "" }
  let hundredths = Int((x * 100).rounded())
  let fraction = hundredths % 100
  return "\(hundredths / 100).\(fraction / 10)\(fraction % 10)"
}

/// A number as an operator would write it: 50, not 50.0.
func shortest(_ x: Double) -> String {
  x == x.rounded() && x < 1e15 ? "\(Int(x))" : "\(x)"
}
