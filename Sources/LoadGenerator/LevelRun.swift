/// One level while it runs: a single thread serves all its connections.
final class LevelRun {
  /// How long a connection rests after a failure, so that a server that is away isn't hammered.
  private static let rest: Nanoseconds = 100_000_000
  /// How often time limits, rests and the observer are looked after.
  private static let tick: Nanoseconds = 20_000_000

  private let level: LoadLevel
  private let timeout: Nanoseconds
  private let begin: Nanoseconds
  private let end: Nanoseconds
  private let messages: [[UInt8]]
  private var messageIndex = 0
  /// Nil in the closed loop, where a request is due whenever a connection is free.
  private var schedule: PoissonSchedule?
  private var recorder: Recorder

  private let poller: Poller
  private let connections: [Connection]
  /// Slots of free connections; the one used last is the next one.
  private var free: [Int]
  /// Slots of connections that rest, the first one first.
  private var resting: [(slot: Int, until: Nanoseconds)] = []

  /// - Throws: `LoadError.systemCall`.
  init(
    _ level: LoadLevel, _ timing: LoadTiming, messages: [[UInt8]], address: ServerAddress
  ) throws(LoadError) {
    let poller = try Poller()
    self.poller = poller
    connections = (0..<level.connections).map { Connection(slot: $0, address: address, poller: poller) }
    free = Array((0..<level.connections).reversed())
    (self.level, self.messages, timeout) = (level, messages, timing.timeout)
    begin = .now
    end = begin + timing.warmup + timing.measured
    recorder = Recorder(window: begin + timing.warmup..<end)
    schedule = level.rate.map { PoissonSchedule(start: begin, rate: $0, seed: level.seed) }
  }

  /// Runs the warm-up and the measured time, and then waits for the answers that are still due, no longer
  /// than their time limit.
  /// - Parameter observe: given the share of the time that has passed, 0…1, fifty times a second; false ends
  ///   the level at once.
  func run(observe: (Double) -> Bool) -> LevelResult {
    let processorBegin = Nanoseconds.processorTime
    var nextTick = begin
    while true {
      sendWhatIsDue()
      let now = Nanoseconds.now
      if now >= nextTick {
        look(at: now)
        guard observe(Double(now - begin) / Double(end - begin)) else { break }
        nextTick = now + Self.tick
      }
      let isIdle = free.count + resting.count == connections.count
      guard now < end || !isIdle || nextDue(at: now) != nil else { break }
      let wake = free.isEmpty ? nextTick : min(nextTick, nextDue(at: now) ?? nextTick)
      poller.wait(max(0, wake - now)) { slot in
        let due = connections[slot].due
        if let outcome = connections[slot].proceed(), let due { settle(slot, outcome, due: due) }
      }
    }
    let now = Nanoseconds.now
    return recorder.result(
      level, end: now, reconnects: connections.reduce(0) { $0 + $1.serverClosureCount },
      clientProcessors: Double(.processorTime - processorBegin) / Double(max(1, now - begin)))
  }

  /// When the next request is due; nil when no more is to be sent.
  private func nextDue(at now: Nanoseconds) -> Nanoseconds? {
    let due = schedule?.next ?? now
    return due < end ? due : nil
  }

  private func sendWhatIsDue() {
    var now = Nanoseconds.now
    while let due = nextDue(at: now), due <= now {
      if due + timeout <= now {
        recorder.record(RequestFailure(kind: .timeout, reason: "no connection was free in time"), due: due)
      } else {
        guard let slot = free.popLast() else { return }
        let message = messages[messageIndex]
        messageIndex = (messageIndex + 1) % messages.count
        if let outcome = connections[slot].begin(message, due: due) { settle(slot, outcome, due: due) }
      }
      schedule?.advance()
      now = .now
    }
  }

  private func settle(_ slot: Int, _ outcome: Connection.Outcome, due: Nanoseconds) {
    let now = Nanoseconds.now
    switch outcome {
    case .answered(let response):
      recorder.record(response, due: due, arrived: now)
      free.append(slot)
    case .failed(let failure):
      recorder.record(failure, due: due)
      resting.append((slot, now + Self.rest))
    }
  }

  /// Gives up requests that take too long, and ends rests.
  private func look(at now: Nanoseconds) {
    for (slot, connection) in connections.enumerated() {
      guard let due = connection.due, due + timeout <= now else { continue }
      connection.abandon()
      let reason = "no answer within \(timeout.seconds) s"
      settle(slot, .failed(RequestFailure(kind: .timeout, reason: reason)), due: due)
    }
    let rested = resting.prefix { $0.until <= now }
    free += rested.map(\.slot)
    resting.removeFirst(rested.count)
  }
}
