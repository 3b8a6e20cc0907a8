import CMicroHTTPD
import Glibc

/// One thread of libmicrohttpd and the callbacks through which it reaches the server.
///
/// Each thread is a daemon of its own, not one of libmicrohttpd's pool, so that what belongs to a thread has a
/// place (`DaemonContext`), and a thread that cannot be made leaves no half-started pool behind. A daemon is
/// handed its connections and has no listening socket: `MHD_quiesce_daemon` of 0.9.75 aborts the process when
/// a thread takes the socket out of its epoll set at the same moment.
struct Daemon: @unchecked Sendable {
  // Sendable because the calls made here, MHD_add_connection and MHD_stop_daemon, are thread-safe, and the
  // context is used by the daemon's thread alone.
  private let pointer: OpaquePointer
  private let context: DaemonContext

  /// What libmicrohttpd's pool of one connection takes: its head, and its body and response in pieces.
  static let connectionPoolByteCount = 32 << 10

  /// Starts the thread; nil when that fails. `core` must live until `stop` has returned.
  init?(core: ServerCore) {
    context = DaemonContext(core: core)
    var options = microhttp_daemon_options(
      // The acceptor keeps the limit; the library's own is never reached.
      connection_limit: UInt32(core.configuration.connectionLimit) + 1024,
      connection_memory_bytes: Self.connectionPoolByteCount,
      tls_priorities: nil,
      access: accessHandler,
      request_line: requestLineRead,
      completed: requestCompleted,
      connection_changed: connectionChanged,
      context: Unmanaged.passUnretained(context).toOpaque(),
      log: context.log)
    let started = TLSCredentials.priorities.withCString { priorities in
      if core.configuration.tls != nil { options.tls_priorities = priorities }
      return microhttp_start(&options)
    }
    guard let pointer = started else { return nil }
    self.pointer = pointer
  }

  /// Hands over an accepted socket, which libmicrohttpd closes, also when it refuses.
  func add(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Bool {
    MHD_add_connection(pointer, descriptor, address, length) == .YES
  }

  /// Closes all connections and joins the thread. No connection may be suspended.
  func stop() {
    MHD_stop_daemon(pointer)
  }
}

/// What the callbacks of one daemon know; used by its thread alone, but for `log`'s address.
final class DaemonContext {
  let core: ServerCore
  /// Where the library's log leads; it must stay in its place as long as the daemon lives.
  let log = UnsafeMutablePointer<microhttp_log>.allocate(capacity: 1)
  /// Requests whose heads have not been handed out whole.
  private var unjudged: [ObjectIdentifier: Reception] = [:]

  init(core: ServerCore) {
    self.core = core
    log.initialize(
      to: microhttp_log(context: Unmanaged.passUnretained(self).toOpaque(), answers: libraryWillAnswer))
  }

  deinit {
    log.deallocate()
  }

  func expectHead(of reception: Reception) {
    unjudged[ObjectIdentifier(reception)] = reception
  }

  func forget(_ reception: Reception) {
    unjudged[ObjectIdentifier(reception)] = nil
  }

  /// Called before the library makes an answer of its own, an HTML page, and closes the connection.
  ///
  /// It does not say for which connection. A head that is complete and not handed out is only ever the one
  /// that it is looking at, and that answer it would garble: 0.9.75 goes on as if the head had been good, and
  /// writes the response's head a second time into the buffer that holds the first.
  func libraryAnswers(status: Int) {
    if let reception = unjudged.values.first(where: \.isHeadComplete) {
      reception.refuseInLibrarysPlace(status: status)
    } else {
      core.configuration.libraryAnswered(status)
    }
  }
}

// Each callback finds its object and calls one method of it. A reception is retained from the request line
// to the request's completion, which libmicrohttpd reports exactly once.

private func libraryWillAnswer(context: UnsafeMutableRawPointer?, status: UInt32) {
  guard let context else { return }
  Unmanaged<DaemonContext>.fromOpaque(context).takeUnretainedValue().libraryAnswers(status: Int(status))
}

private func requestLineRead(
  context: UnsafeMutableRawPointer?, uri: UnsafePointer<CChar>?, connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
  guard let context, let connection, let client = microhttp_connection_context(connection) else { return nil }
  let daemon = Unmanaged<DaemonContext>.fromOpaque(context).takeUnretainedValue()
  let rawTarget = uri.map { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) } ?? []
  let reception = Reception(
    core: daemon.core, client: Unmanaged<Client>.fromOpaque(client).takeUnretainedValue(),
    connection: ConnectionHandle(pointer: connection), rawTarget: rawTarget)
  daemon.expectHead(of: reception)
  return Unmanaged.passRetained(reception).toOpaque()
}

private func accessHandler(
  context: UnsafeMutableRawPointer?, connection: OpaquePointer?, url: UnsafePointer<CChar>?,
  method: UnsafePointer<CChar>?, version: UnsafePointer<CChar>?, upload: UnsafePointer<CChar>?,
  uploadSize: UnsafeMutablePointer<Int>?, request: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
  guard let context, let method, let version, let uploadSize, let pointer = request?.pointee else {
    return .NO
  }
  let reception = Unmanaged<Reception>.fromOpaque(pointer).takeUnretainedValue()
  Unmanaged<DaemonContext>.fromOpaque(context).takeUnretainedValue().forget(reception)
  let piece = UnsafeRawBufferPointer(start: upload, count: uploadSize.pointee)
  uploadSize.pointee = 0
  return reception.proceed(method: method, version: version, piece: piece) ? .YES : .NO
}

private func requestCompleted(
  context: UnsafeMutableRawPointer?, connection: OpaquePointer?,
  request: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, reason: MHD_RequestTerminationCode
) {
  guard let context, let pointer = request?.pointee else { return }
  request?.pointee = nil
  let reception = Unmanaged<Reception>.fromOpaque(pointer).takeRetainedValue()
  Unmanaged<DaemonContext>.fromOpaque(context).takeUnretainedValue().forget(reception)
  reception.end(isFailure: reason == .REQUEST_TERMINATED_WITH_ERROR)
}

private func connectionChanged(
  context: UnsafeMutableRawPointer?, connection: OpaquePointer?,
  client: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, change: MHD_ConnectionNotificationCode
) {
  guard let context, let connection, let client else { return }
  let core = Unmanaged<DaemonContext>.fromOpaque(context).takeUnretainedValue().core
  if change == .CONNECTION_NOTIFY_STARTED {
    guard let beginner = core.clients[microhttp_descriptor(connection)] else { return }
    if let credentials = beginner.credentials, let session = microhttp_tls_session(connection) {
      credentials.equip(session)
    }
    client.pointee = Unmanaged.passRetained(beginner).toOpaque()
  } else if let pointer = client.pointee {
    client.pointee = nil
    core.end(Unmanaged<Client>.fromOpaque(pointer).takeRetainedValue())
  }
}
