import Synchronization

/// The open connections, by descriptor. Each leaves the table, and ends its client, before its descriptor is
/// closed: so none is shut down whose number was given to another file.
final class ClientTable: Sendable {
  private struct State {
    var clients: [Int32: Client] = [:]
    var counts: [AddressGroup: Int] = [:]
    var evictionQueue = EvictionQueue()
    /// Shut down to make room, and not yet closed by libmicrohttpd.
    var leaving: Set<Int32> = []
  }

  /// How many connections that look idle are passed over for having sent something just now.
  private static let passLimit = 64

  private let state = Mutex(State())

  var count: Int {
    state.withLock { $0.clients.count }
  }

  /// How many connections are open, without those that are being closed to make room.
  var stayingCount: Int {
    state.withLock { $0.clients.count - $0.leaving.count }
  }

  var leavingCount: Int {
    state.withLock { $0.leaving.count }
  }

  /// How many connections come from `group`.
  func count(from group: AddressGroup) -> Int {
    state.withLock { $0.counts[group] ?? 0 }
  }

  subscript(descriptor: Int32) -> Client? {
    state.withLock { $0.clients[descriptor] }
  }

  func insert(_ client: Client) {
    state.withLock { state in
      state.clients[client.descriptor] = client
      state.counts[client.addressGroup, default: 0] += 1
      guard let since = client.phase.idleSince else { return }
      state.evictionQueue.becameIdle(client, since: since, clientCount: state.clients.count)
    }
  }

  /// - Returns: what the connection did last.
  @discardableResult
  func remove(_ client: Client) -> Client.Phase {
    state.withLock { state in
      if state.clients.removeValue(forKey: client.descriptor) != nil {
        state.leaving.remove(client.descriptor)
        let rest = (state.counts[client.addressGroup] ?? 0) - 1
        state.counts[client.addressGroup] = rest > 0 ? rest : nil
      }
      return client.leave()
    }
  }

  func removeAll() {
    state.withLock { state in
      for client in state.clients.values { _ = client.leave() }
      state = State()
    }
  }

  /// Lets `client` wait for its next request until `deadline`.
  /// - Parameter isEnding: whether libmicrohttpd may close the connection now.
  func beginIdling(_ client: Client, until deadline: ContinuousClock.Instant, isEnding: Bool) {
    let now = ContinuousClock.now
    guard client.beginIdling(since: now, until: deadline, isEnding: isEnding) else { return }
    state.withLock { state in
      state.evictionQueue.becameIdle(client, since: now, clientCount: state.clients.count)
    }
  }

  /// Whether a request is coming in on any connection.
  var areReceiving: Bool {
    state.withLock { $0.clients.values.contains { $0.phase.isReceiving } }
  }

  /// Closes the connection that has been idle longest, or else the one that has been receiving longest
  /// without progress.
  /// - Parameter close: shuts a client down if the closure finds it still so; see `Client.close`.
  /// - Returns: false when every connection is being answered.
  func makeRoom(_ close: (Client, (Client.Phase) -> Bool) -> Bool) -> Bool {
    state.withLock { state in
      var passed = 0
      while let client = state.evictionQueue.nextIdle() {
        // Its request has arrived, only nobody has looked yet.
        if passed < Self.passLimit, client.hasUnreadBytes {
          passed += 1
          if let since = client.phase.idleSince {
            state.evictionQueue.becameIdle(client, since: since, clientCount: state.clients.count)
          }
          continue
        }
        guard close(client, { $0.idleSince != nil }) else { continue }
        state.leaving.insert(client.descriptor)
        return true
      }
      while let client = state.evictionQueue.nextReceiving(of: state.clients.values) {
        guard close(client, \.isReceiving) else { continue }
        state.leaving.insert(client.descriptor)
        return true
      }
      return false
    }
  }

  /// Calls `body` for every connection.
  func forEach(_ body: (Client) -> Void) {
    state.withLock { $0.clients.values.forEach(body) }
  }
}
