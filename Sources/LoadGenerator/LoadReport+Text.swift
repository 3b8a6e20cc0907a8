import PlainText

extension LoadReport {
  /// For people: what was sent, latencies, how requests ended, and what the server says of itself.
  package var text: String {
    let arrivals = isOpen ? "Poisson arrivals, seed \(seed ?? 0)" : "the next request when an answer has come"
    let sent = "\(images) image\(images == 1 ? "" : "s") (\(megabytes(imageBytes)))"
    return "POST \(url), \(sent), \(arrivals)\n" + latencies + endings + stages
  }

  private var isOpen: Bool { levels.contains { $0.rate != nil } }

  /// A table whose first columns say which level a row is of.
  private func table(_ header: [String], _ cells: (LevelResult) -> [String]) -> String {
    PlainText.table(
      (isOpen ? ["rate", "connections"] : ["connections"]) + header,
      levels.map { level in
        (level.rate.map { [shortest($0)] } ?? []) + ["\(level.connections)"] + cells(level)
      })
  }

  private var latencies: String {
    "\nlatency of good answers, ms\n"
      + table(["seconds", "requests", "answers/s", "p50", "p90", "p95", "p99", "p99.9", "max", "mean"]) {
        let latency = $0.latency
        return [tenths($0.seconds), "\($0.requests)", tenths($0.answersPerSecond)]
          + cells([
            latency?.p50, latency?.p90, latency?.p95, latency?.p99, latency?.p999, latency?.max,
            latency?.mean,
          ])
      }
  }

  private var endings: String {
    let statuses = Set(levels.flatMap(\.answers.keys)).sorted()
    let hasRefusals = levels.contains { $0.refusalLatency != nil }
    let header =
      statuses + (hasRefusals ? ["refused p50 ms", "p99 ms"] : [])
      + ["connect", "timeout", "broken", "reconnects", "client processors"]
    let rows = table(header) { level in
      let errors = level.errors
      return statuses.map { "\(level.answers[$0] ?? 0)" }
        + (hasRefusals ? cells([level.refusalLatency?.p50, level.refusalLatency?.p99]) : [])
        + [errors.connect, errors.timeout, errors.broken, level.reconnects].map { "\($0)" }
        + [hundredths(level.clientProcessors)]
    }
    let errors = levels.compactMap { level in
      level.firstError.map { error in
        let load = level.rate.map { "\(shortest($0)) requests/s" } ?? "\(level.connections) connections"
        return "  first error with \(load): \(error)\n"
      }
    }
    return "\nanswers by status, errors, and the generator's own processors\n" + rows + errors.joined()
  }

  /// Nothing where the server tells nothing.
  private var stages: String {
    guard levels.contains(where: { $0.serverTiming.total != nil || $0.meanBatchSize != nil }) else {
      return ""
    }
    return "\nwhat the server says: mean images a batch, mean ms\n"
      + table(["batch", "decode", "queue", "inference", "total"]) {
        let timing = $0.serverTiming
        return cells([$0.meanBatchSize, timing.decode, timing.queue, timing.inference, timing.total])
      }
  }
}

/// Two decimals each; nothing for nil.
private func cells(_ values: [Double?]) -> [String] { values.map { $0.map(hundredths) ?? "" } }
