import CMicroHTTPD
import Dispatch
import Glibc
import Synchronization

/// An HTTP/1.1 server: libmicrohttpd's epoll threads, a handler that may answer later.
///
/// While a handler works, its connection is suspended and costs no thread.
public final class HTTPServer: @unchecked Sendable {
  // @unchecked: `daemon` is set once before the server is shared; libmicrohttpd's calls are thread-safe.

  /// How a server listens and what it takes.
  public struct Configuration: Sendable {
    /// The address to listen on.
    public var host: String
    /// The port; 0 takes any free one.
    public var port: Int
    /// Threads that read and write.
    public var threadCount: Int
    /// Open connections; further ones wait to be accepted.
    public var connectionLimit: Int
    /// Bytes in a body.
    public var bodyLimit: Int
    /// Seconds without any traffic after which a connection is closed.
    public var idleTimeoutSeconds: Int
    /// Makes the response to what the server itself turns down.
    public var refuse: @Sendable (HTTPRefusal) -> HTTPResponse

    /// The defaults of a small server on loopback.
    public init(
      host: String = "127.0.0.1", port: Int = 0, threadCount: Int = 2, connectionLimit: Int = 1024,
      bodyLimit: Int = 32 << 20, idleTimeoutSeconds: Int = 60,
      refuse: @escaping @Sendable (HTTPRefusal) -> HTTPResponse = {
        .text($0.message + "\n", status: $0.status)
      }
    ) {
      (self.host, self.port, self.threadCount) = (host, port, threadCount)
      (self.connectionLimit, self.bodyLimit) = (connectionLimit, bodyLimit)
      (self.idleTimeoutSeconds, self.refuse) = (idleTimeoutSeconds, refuse)
    }
  }

  /// Answers a request, now or later, on this thread or another. It must not block.
  public typealias Handler = @Sendable (HTTPRequest, HTTPResponder) -> Void

  /// The port that the server listens on.
  public let port: Int
  let configuration: Configuration
  private let handler: Handler
  private let requests = DispatchGroup()
  private let requestCount = Atomic(0)
  private var daemon: OpaquePointer?
  private let listener = Mutex<Int32>(-1)
  private let isStopped = Atomic(false)

  /// Starts listening and answering.
  ///
  /// - Throws: `HTTPServerError`, saying which address and why.
  public init(_ configuration: Configuration, handler: @escaping Handler) throws(HTTPServerError) {
    let socket = try ListeningSocket(host: configuration.host, port: configuration.port)
    port = socket.port
    self.configuration = configuration
    self.handler = handler
    daemon = softmoe_start_daemon(
      socket.descriptor, UInt32(configuration.threadCount), UInt32(configuration.connectionLimit),
      UInt32(configuration.idleTimeoutSeconds), 64 << 10, beginExchange, advanceExchange, completeExchange,
      Unmanaged.passUnretained(self).toOpaque())
    guard daemon != nil else {
      let reason = String(cString: strerror(errno))
      close(socket.descriptor)
      throw .cannotStart(reason: reason)
    }
  }

  deinit { stop() }

  /// Requests that the handler has and that are not answered and sent yet.
  public var inFlight: Int { requestCount.load(ordering: .relaxed) }

  /// Accepts no further connection. Open ones go on.
  public func quiesce() {
    guard let daemon else { return }
    listener.withLock { listener in
      if listener < 0 { listener = MHD_quiesce_daemon(daemon) }
    }
  }

  /// Accepts no further connection, waits until every request in flight is answered and sent, and ends.
  public func stop() {
    guard !isStopped.exchange(true, ordering: .sequentiallyConsistent), let daemon else { return }
    quiesce()
    // Stopping libmicrohttpd with a suspended connection would end the process.
    requests.wait()
    MHD_stop_daemon(daemon)
    listener.withLock { if $0 >= 0 { close($0) } }
  }

  // MARK: libmicrohttpd's callbacks

  func begin(_ connection: OpaquePointer, target: String) -> Exchange {
    Exchange(connection: connection, target: target, configuration: configuration)
  }

  /// - Returns: whether the connection goes on.
  func advance(_ exchange: Exchange, method: String, upload: UnsafeRawBufferPointer) -> Bool {
    switch exchange.advance(method: method, upload: upload) {
    case .goOn: break
    case .hangUp: return false
    case .handle(let request):
      requests.enter()
      requestCount.wrappingAdd(1, ordering: .relaxed)
      handler(request, HTTPResponder(exchange))
    }
    return true
  }

  func complete(_ exchange: Exchange) {
    exchange.finish()
    guard exchange.isHandedOver else { return }
    requestCount.wrappingSubtract(1, ordering: .relaxed)
    requests.leave()
  }
}
