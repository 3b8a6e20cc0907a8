import Synchronization

/// The open connections, by descriptor.
final class ClientTable: Sendable {
  private let clients = Mutex<[Int32: Client]>([:])

  var count: Int {
    clients.withLock { $0.count }
  }

  subscript(descriptor: Int32) -> Client? {
    clients.withLock { $0[descriptor] }
  }

  func insert(_ client: Client) {
    clients.withLock { $0[client.descriptor] = client }
  }

  func remove(_ descriptor: Int32) {
    clients.withLock { _ = $0.removeValue(forKey: descriptor) }
  }

  func removeAll() {
    clients.withLock { $0.removeAll() }
  }

  /// Whether a request is coming in on any connection.
  var areReceiving: Bool {
    clients.withLock { $0.values.contains { $0.isReceiving } }
  }

  /// Closes every connection whose deadline has passed. The lock is held throughout: a connection leaves the
  /// table before its descriptor is closed, so none is shut down whose number was given to another file.
  func closeOverdue(at now: ContinuousClock.Instant, words: () -> [UInt8]) {
    clients.withLock { clients in
      for client in clients.values { client.close(ifOverdueAt: now, words: words) }
    }
  }
}
