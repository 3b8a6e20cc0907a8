extension HTTPServer {
  /// Where a server listens and what it puts up with.
  package struct Configuration: Sendable {
    /// The numeric address to listen on; `::` also takes IPv4 connections.
    package var host: String
    /// The TCP port; 0 takes any free one.
    package var port: UInt16
    /// How many threads read and write connections and call the handler.
    package var threadCount: Int
    /// How many connections may be open at once. One more takes the place of the one that has been idle
    /// longest, or else receiving longest without progress; it is answered 503 and closed where every other
    /// one is being answered.
    package var connectionLimit: Int
    /// How many connections may be open at once from one IPv4 address or one IPv6 network of 64 bits; one
    /// more is answered 503 and closed. nil sets no limit, which is right behind a proxy.
    package var connectionsPerAddress: Int?
    /// The largest body, in bytes; a larger one is answered 413.
    package var bodyLimit: Int
    /// The bytes that bodies may take at once, from their heads on until the last reference to
    /// `HTTPRequest.body` is gone; a body that does not fit is answered 503 before it is read. Several
    /// servers may share one. nil sets no limit.
    package var byteBudget: ByteBudget?
    /// How long a connection may wait for its next request.
    package var idleTimeout: Duration
    /// How long a request may take from its first line to its last byte, however steadily it trickles in;
    /// a longer one is answered 408. A new connection has as long to send its first line.
    package var receiveTimeout: Duration
    /// How many bytes of a body must come in a second, on average since it began and after 5 s; a slower
    /// request is answered 408. 0 accepts any pace within `receiveTimeout`.
    package var minimumReceiveRate: Int
    /// How long any pace will do.
    package var receiveRateGrace = Duration.seconds(5)
    /// How long a client may take to read a response of less than 1 MiB, however steadily it trickles out;
    /// as long again for each whole MiB. Then the connection is cut off.
    package var sendTimeout: Duration
    /// The certificate to speak TLS with; nil for plain HTTP.
    package var tls: TLS?
    /// Turns a refusal of the server itself into a response. It is called once for each answer that the server
    /// gives by itself, when it gives it, so answers can be counted here; their clients may have left. It runs
    /// on the server's threads, under its locks: it must return soon and not call the server.
    package var refusalResponse: @Sendable (HTTPRefusal) -> HTTPResponse
    /// Called, on a server thread, with the status of each answer that libmicrohttpd gives by itself to what
    /// it cannot parse. What neither this nor `refusalResponse` is called for is the judge's or the handler's.
    package var libraryAnswered: @Sendable (_ status: Int) -> Void = { _ in }

    /// Makes a configuration; see the properties.
    package init(
      host: String = "127.0.0.1", port: UInt16 = 0, threadCount: Int = 2, connectionLimit: Int = 1024,
      connectionsPerAddress: Int? = nil, bodyLimit: Int = 16 << 20, byteBudget: ByteBudget? = nil,
      idleTimeout: Duration = .seconds(60), receiveTimeout: Duration = .seconds(60),
      minimumReceiveRate: Int = 0,
      sendTimeout: Duration = .seconds(60), tls: TLS? = nil,
      refusalResponse: @escaping @Sendable (HTTPRefusal) -> HTTPResponse = {
        .text($0.message + "\n", status: $0.status)
      }
    ) {
      self.host = host
      self.port = port
      self.threadCount = threadCount
      self.connectionLimit = connectionLimit
      self.connectionsPerAddress = connectionsPerAddress
      self.bodyLimit = bodyLimit
      self.byteBudget = byteBudget
      self.idleTimeout = idleTimeout
      self.receiveTimeout = receiveTimeout
      self.minimumReceiveRate = minimumReceiveRate
      self.sendTimeout = sendTimeout
      self.tls = tls
      self.refusalResponse = refusalResponse
    }

    /// The most memory, in bytes, that connections take beside the byte budget and their responses: for each
    /// libmicrohttpd's pool and state, and this server's own, and where TLS is spoken its session; for each
    /// thread half a body, because a growing array is copied.
    package var connectionByteCount: Int {
      let perConnection = Daemon.connectionPoolByteCount + 8 << 10 + (tls == nil ? 0 : 64 << 10)
      return connectionLimit * perConnection + threadCount * (bodyLimit / 2)
    }

    /// How long a response with a body of `count` bytes may take to be read.
    func sendTimeout(forByteCount count: Int) -> Duration {
      sendTimeout * (1 + count >> 20)
    }

    /// - Throws: `HTTPServerError.invalidConfiguration`, naming the property.
    func validate() throws(HTTPServerError) {
      func check(_ holds: Bool, _ rule: String) throws(HTTPServerError) {
        guard holds else { throw .invalidConfiguration(rule) }
      }
      try check((1...256).contains(threadCount), "threadCount is \(threadCount); it must be 1 to 256")
      try check(
        (1...1_000_000).contains(connectionLimit),
        "connectionLimit is \(connectionLimit); it must be 1 to 1000000")
      try check(bodyLimit >= 0, "bodyLimit is \(bodyLimit); it must not be negative")
      // A body takes at most half of what is free.
      try check(
        byteBudget.map { $0.capacity / 2 >= bodyLimit } ?? true,
        "byteBudget is \(byteBudget?.capacity ?? 0); it must be at least twice bodyLimit, \(bodyLimit)")
      try check(
        (connectionsPerAddress ?? 1) > 0,
        "connectionsPerAddress is \(connectionsPerAddress ?? 1); it must be positive")
      try check(
        minimumReceiveRate >= 0, "minimumReceiveRate is \(minimumReceiveRate); it must not be negative")
      let timeouts = [
        ("idleTimeout", idleTimeout), ("receiveTimeout", receiveTimeout), ("sendTimeout", sendTimeout),
      ]
      for (name, timeout) in timeouts {
        try check(
          timeout > .zero && timeout <= .seconds(86_400),
          "\(name) is \(timeout); it must be more than 0 s and at most a day")
      }
    }
  }
}
