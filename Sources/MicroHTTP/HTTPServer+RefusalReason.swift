extension HTTPServer {
  /// Why a connection was turned away or cut off.
  package enum RefusalReason: String, Sendable, CaseIterable {
    /// As many connections were open as may be, and all of them were being answered.
    case connectionLimit = "connection_limit"
    /// The client's address had as many connections as it may.
    case addressLimit = "address_limit"
    /// The process lacked a descriptor or memory for the connection.
    case resources = "resources"
    /// The connection had waited longest when another needed its place.
    case evicted = "evicted"
    /// No request began in time; over TLS perhaps because the handshake did not end.
    case silence = "silence"
    /// After one or more requests the next one did not begin in time.
    case idle = "idle"
    /// A request was not received in time.
    case receiveTimeout = "receive_timeout"
    /// A body came too slowly.
    case receiveRate = "receive_rate"
    /// A body made no progress while the memory for bodies was short.
    case stalled = "stalled"
    /// A chunked body did not end where it was too large or there was no memory for it.
    case bodyRefused = "body_refused"
    /// libmicrohttpd could make nothing of what was sent.
    case malformed = "malformed"
    /// A response was not read in time.
    case sendTimeout = "send_timeout"
    /// The server ended before the request had come in or the response had gone out.
    case shutdown = "shutdown"
  }

  /// How many connections have been turned away or cut off for `reason` since the server started.
  package func refusedConnectionCount(_ reason: RefusalReason) -> Int {
    core.refusedCounts.withLock { $0[reason] ?? 0 }
  }
}

extension HTTPServer.RefusalReason {
  /// What a client that has begun a request is told; nil when nothing can be said.
  func refusal(_ configuration: HTTPServer.Configuration) -> HTTPRefusal? {
    switch self {
    case .connectionLimit, .evicted: .tooManyConnections
    case .addressLimit: .tooManyConnectionsFromAddress
    case .receiveTimeout: .receiveTimeout(configuration.receiveTimeout)
    case .receiveRate: .receivedTooSlowly(minimumRate: configuration.minimumReceiveRate)
    case .stalled: .stalled
    case .resources, .silence, .idle, .bodyRefused, .malformed, .sendTimeout, .shutdown: nil
    }
  }
}
