import CMicroHTTPD
import Glibc

/// libmicrohttpd's threads and the callbacks through which they reach the server.
///
/// The daemon is handed its connections and has no listening socket: `MHD_quiesce_daemon` of 0.9.75 aborts
/// the process when a thread of the pool takes the socket out of its epoll set at the same moment.
struct Daemon: @unchecked Sendable {
  // Sendable because the calls made here, MHD_add_connection and MHD_stop_daemon, are thread-safe.
  private let pointer: OpaquePointer

  /// Starts the threads. `core` must live until `stop` has returned.
  init?(core: ServerCore) {
    let configuration = core.configuration
    let threadCount = UInt32(configuration.threadCount)
    var options = microhttp_daemon_options(
      thread_count: threadCount,
      // The acceptor keeps the limit. libmicrohttpd divides its own among the threads, which connections
      // do not load evenly, so it is given room for all of them on each.
      connection_limit: threadCount * UInt32(configuration.connectionLimit + 1),
      idle_timeout_seconds: UInt32(configuration.idleTimeout.roundedUpToSeconds),
      connection_memory_bytes: 32 << 10,
      tls_priorities: nil,
      access: accessHandler,
      request_line: requestLineRead,
      completed: requestCompleted,
      connection_changed: connectionChanged,
      context: Unmanaged.passUnretained(core).toOpaque())
    let started = TLSCredentials.priorities.withCString { priorities in
      if configuration.tls != nil { options.tls_priorities = priorities }
      return microhttp_start(&options)
    }
    guard let pointer = started else { return nil }
    self.pointer = pointer
  }

  /// Hands over an accepted socket, which libmicrohttpd closes, also when it refuses.
  func add(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Bool {
    MHD_add_connection(pointer, descriptor, address, length) == .YES
  }

  /// Closes all connections and joins the threads. No connection may be suspended.
  func stop() {
    MHD_stop_daemon(pointer)
  }
}

// Each callback finds its object and calls one method of it. A reception is retained from the request line
// to the request's completion, which libmicrohttpd reports exactly once.

private func requestLineRead(
  context: UnsafeMutableRawPointer?, uri: UnsafePointer<CChar>?, connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
  guard let context, let connection, let client = microhttp_connection_context(connection) else { return nil }
  let core = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
  let rawTarget = uri.map { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) } ?? []
  let reception = Reception(
    core: core, client: Unmanaged<Client>.fromOpaque(client).takeUnretainedValue(), rawTarget: rawTarget)
  return Unmanaged.passRetained(reception).toOpaque()
}

private func accessHandler(
  context: UnsafeMutableRawPointer?, connection: OpaquePointer?, url: UnsafePointer<CChar>?,
  method: UnsafePointer<CChar>?, version: UnsafePointer<CChar>?, upload: UnsafePointer<CChar>?,
  uploadSize: UnsafeMutablePointer<Int>?, request: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
  guard let connection, let method, let version, let uploadSize, let pointer = request?.pointee else {
    return .NO
  }
  let reception = Unmanaged<Reception>.fromOpaque(pointer).takeUnretainedValue()
  let piece = UnsafeRawBufferPointer(start: upload, count: uploadSize.pointee)
  uploadSize.pointee = 0
  let goesOn = reception.proceed(
    ConnectionHandle(pointer: connection), method: method, version: version, piece: piece)
  return goesOn ? .YES : .NO
}

private func requestCompleted(
  context: UnsafeMutableRawPointer?, connection: OpaquePointer?,
  request: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, reason: MHD_RequestTerminationCode
) {
  guard let pointer = request?.pointee else { return }
  request?.pointee = nil
  Unmanaged<Reception>.fromOpaque(pointer).takeRetainedValue().end()
}

private func connectionChanged(
  context: UnsafeMutableRawPointer?, connection: OpaquePointer?,
  client: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, change: MHD_ConnectionNotificationCode
) {
  guard let context, let connection, let client else { return }
  let clients = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue().clients
  if change == .CONNECTION_NOTIFY_STARTED {
    guard let beginner = clients[microhttp_descriptor(connection)] else { return }
    if let credentials = beginner.credentials, let session = microhttp_tls_session(connection) {
      credentials.equip(session)
    }
    client.pointee = Unmanaged.passRetained(beginner).toOpaque()
  } else if let pointer = client.pointee {
    client.pointee = nil
    clients.remove(Unmanaged<Client>.fromOpaque(pointer).takeRetainedValue().descriptor)
  }
}

extension Duration {
  fileprivate var roundedUpToSeconds: Int64 {
    components.seconds + (components.attoseconds > 0 ? 1 : 0)
  }
}
