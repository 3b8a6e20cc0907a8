import Synchronization

/// The open connections, by descriptor.
final class ClientTable: Sendable {
  private struct State {
    var clients: [Int32: Client] = [:]
    var counts: [AddressGroup: Int] = [:]
  }

  private let state = Mutex(State())

  var count: Int {
    state.withLock { $0.clients.count }
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
    }
  }

  func remove(_ descriptor: Int32) {
    state.withLock { state in
      guard let group = state.clients.removeValue(forKey: descriptor)?.addressGroup else { return }
      let rest = (state.counts[group] ?? 0) - 1
      state.counts[group] = rest > 0 ? rest : nil
    }
  }

  func removeAll() {
    state.withLock { $0 = State() }
  }

  /// Whether a request is coming in on any connection.
  var areReceiving: Bool {
    state.withLock { $0.clients.values.contains { $0.isReceiving } }
  }

  /// Closes every connection that is out of time; see `Client.close(ifOverdueAt:words:)`. The lock is held
  /// throughout: a connection leaves the table before its descriptor is closed, so none is shut down whose
  /// number was given to another file.
  func closeOverdue(
    at now: ContinuousClock.Instant, words: (HTTPServer.RefusalReason) -> [UInt8]
  ) -> [HTTPServer.RefusalReason] {
    state.withLock { state in
      state.clients.values.compactMap { $0.close(ifOverdueAt: now, words: words) }
    }
  }
}
