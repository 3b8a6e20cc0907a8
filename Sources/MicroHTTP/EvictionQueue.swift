/// Finds the connections that have been idle longest, then those that have been receiving longest without
/// progress.
///
/// Idle ones queue up as they become idle; entries of those that have gone on are skipped when their turn
/// comes. Receiving ones make progress too often to be told of, so they are sorted when one is needed: the
/// list serves until every connection on it has left or made progress, and none that is not on it can have
/// waited longer.
///
/// Cost: amortised O(1) for each time a connection becomes idle, and O(log n) for each that makes progress
/// or is found.
struct EvictionQueue {
  private struct Entry {
    let client: Client
    let since: ContinuousClock.Instant
  }

  private var idle: [Entry] = []
  private var idleHead = 0
  /// The longest without progress last.
  private var receiving: [Entry] = []

  mutating func becameIdle(_ client: Client, since: ContinuousClock.Instant, clientCount: Int) {
    idle.append(Entry(client: client, since: since))
    // Without evictions entries only pile up; each sweep leaves at most one a connection.
    guard idle.count > 2 * clientCount + 64 else { return }
    idle = idle[idleHead...].filter { $0.client.phase.idleSince == $0.since }
    idleHead = 0
  }

  mutating func nextIdle() -> Client? {
    while idleHead < idle.count {
      let entry = idle[idleHead]
      idleHead += 1
      if entry.client.phase.idleSince == entry.since { return entry.client }
    }
    idle.removeAll(keepingCapacity: true)
    idleHead = 0
    return nil
  }

  /// - Parameter clients: all that are open.
  mutating func nextReceiving(of clients: some Collection<Client>) -> Client? {
    if let found = nextListed() { return found }
    receiving = clients.compactMap { client in
      client.phase.receivingSince.map { Entry(client: client, since: $0) }
    }
    receiving.sort { $0.since > $1.since }
    return nextListed()
  }

  private mutating func nextListed() -> Client? {
    while let entry = receiving.popLast() {
      if entry.client.phase.receivingSince == entry.since { return entry.client }
    }
    return nil
  }
}
