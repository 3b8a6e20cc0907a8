extension HTTPServer {
  /// Why a connection was turned away or cut off.
  package enum RefusalReason: String, Sendable, CaseIterable {
    /// As many connections were open as may be.
    case connectionLimit = "connection_limit"
    /// The client's address had as many connections as it may.
    case addressLimit = "address_limit"
    /// No request began in time; over TLS perhaps because the handshake did not end.
    case silence = "silence"
    /// A request was not received in time.
    case receiveTimeout = "receive_timeout"
    /// A body came too slowly.
    case receiveRate = "receive_rate"
    /// A response was not read in time.
    case sendTimeout = "send_timeout"
  }

  /// How many connections have been turned away or cut off for `reason` since the server started.
  package func refusedConnectionCount(_ reason: RefusalReason) -> Int {
    core.refusedCounts.withLock { $0[reason] ?? 0 }
  }
}

extension HTTPServer.RefusalReason {
  /// What a client is told; nil when nothing can be said, for want of a request or amid a response.
  func refusal(_ configuration: HTTPServer.Configuration) -> HTTPRefusal? {
    switch self {
    case .connectionLimit: .tooManyConnections
    case .addressLimit: .tooManyConnectionsFromAddress
    case .receiveTimeout: .receiveTimeout(configuration.receiveTimeout)
    case .receiveRate: .receivedTooSlowly(minimumRate: configuration.minimumReceiveRate)
    case .silence, .sendTimeout: nil
    }
  }
}
