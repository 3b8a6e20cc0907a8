import Glibc
import Synchronization

/// An HTTP/1.1 server on libmicrohttpd.
///
/// A small pool of threads reads requests and sends responses; each complete request is handed to the handler
/// on one of these threads. A handler that needs time keeps its ``HTTPResponder``, returns, and answers from
/// any thread later; meanwhile the connection waits without a thread.
///
/// Refused by the server itself, with the configuration's `refusalResponse`: malformed targets, ambiguous body
/// lengths, no or two hosts, and headers with a NUL, a folded line or a bare line feed (400), slow requests
/// (408), large bodies (413), unknown expectations (417), bodies beyond the byte budget, connections beyond
/// the limits and requests during the stop (503). What libmicrohttpd cannot even parse it answers with a short
/// HTML page of its own, which it has no hook to replace: malformed lines and chunks (400), headers above
/// 32 KiB (414, 431), chunk lines above 16 KiB or so (500), other major versions (505); a request line without
/// a space it does not answer.
///
/// When as many connections are open as may be, the one that has been idle longest makes room for a new one,
/// then the one that has been receiving longest without progress.
///
/// Over TLS a connection is closed without an answer where plain HTTP gets one that libmicrohttpd has no part
/// in: beyond the limit, to make room, and for a slow request.
///
/// The process need not ignore SIGPIPE: nothing is sent without `MSG_NOSIGNAL`.
package final class HTTPServer: Sendable {
  /// How long `stop` waits for requests to come in whole and for clients to read their last responses.
  private static let transferGrace = Duration.seconds(5)
  /// How long `stop` leaves open connections, so that a request on its way is still answered.
  private static let settlingMicroseconds: UInt32 = 50_000

  /// The port that is listened on.
  package let port: UInt16

  let core: ServerCore
  private let daemons: [Daemon]
  private let acceptor: Acceptor
  private let isStopped = Mutex(false)

  /// Binds, listens and starts the threads; when it returns, clients can connect.
  /// - Parameters:
  ///   - configuration: where to listen and the limits.
  ///   - judge: called once for every request when its head has been read and found well-formed, before
  ///     `100 Continue` and before the body; on a server thread, on several at once. It must not block.
  ///   - handler: called for every complete request, on a server thread, on several at once. It must not
  ///     block for long: other connections of that thread wait meanwhile. HEAD comes as HEAD; methods that
  ///     no standard knows come too.
  /// - Throws: `HTTPServerError`.
  package init(
    configuration: Configuration,
    judge: @escaping @Sendable (HTTPRequestHead) -> HTTPVerdict = { _ in .accept },
    handler: @escaping @Sendable (HTTPRequest, HTTPResponder) -> Void
  ) throws(HTTPServerError) {
    try configuration.validate()
    let credentials: TLSCredentials? =
      if let tls = configuration.tls { try TLSCredentials(tls) } else { nil }
    let socket = try ListeningSocket(host: configuration.host, port: configuration.port)
    port = socket.port
    var configuration = configuration
    configuration.connectionLimit = DescriptorLimit.makeRoom(
      forConnections: configuration.connectionLimit)
    core = ServerCore(
      configuration: configuration, credentials: credentials, judge: judge, handler: handler)
    var daemons: [Daemon] = []
    do throws(HTTPServerError) {
      for _ in 0..<configuration.threadCount {
        guard let daemon = Daemon(core: core) else { throw .daemonFailed }
        daemons.append(daemon)
      }
      acceptor = try Acceptor(core: core, daemons: daemons, socket: socket)
    } catch {
      for daemon in daemons { daemon.stop() }
      throw error
    }
    self.daemons = daemons
  }

  deinit {
    stop()
  }

  /// How many requests have been handed to the handler and not yet been answered in full.
  package var inFlight: Int {
    core.inFlight.load(ordering: .sequentiallyConsistent)
  }

  /// How many connections may be open at once: fewer than the configuration says where the process's hard
  /// limit on open files has no room for more, which is worth a warning. The soft limit is raised at the start.
  package var connectionLimit: Int {
    core.configuration.connectionLimit
  }

  /// The most memory that connections take beside the byte budget: see `Configuration.connectionByteCount`.
  package var connectionByteCount: Int {
    core.configuration.connectionByteCount
  }

  /// How many connections are open.
  package var connectionCount: Int {
    core.clients.count
  }

  /// Closes the listening socket: new connections are refused from now on. Open ones go on, and every
  /// response asks its client to close. May be called again.
  package func quiesce() {
    core.isQuiescing.store(true, ordering: .sequentiallyConsistent)
    acceptor.quiesce()
  }

  /// Quiesces, waits until every request handed to the handler has been answered, however long that takes,
  /// and ends the threads. Requests that are coming in and responses that are going out get up to 5 s.
  ///
  /// May be called again, and by several threads: each returns when the server has stopped. Not to be called
  /// by the handler.
  package func stop() {
    isStopped.withLock { isStopped in
      guard !isStopped else { return }
      quiesce()
      if connectionCount > 0 { usleep(Self.settlingMicroseconds) }
      let limit = ContinuousClock.now + Self.transferGrace
      wait { unanswered == 0 && !core.clients.areReceiving || .now > limit }
      // Connections that are still open may send another request; from here on those are answered 503, so
      // that nothing can be suspended any more: stopping a daemon with a suspended connection aborts.
      core.isStopping.store(true, ordering: .sequentiallyConsistent)
      wait { unanswered == 0 }
      let sendLimit = ContinuousClock.now + Self.transferGrace
      wait { inFlight == 0 || .now > sendLimit }
      acceptor.end()
      core.countUnfinished()
      for daemon in daemons { daemon.stop() }
      // Connections that the daemons had not begun with end without a word from them.
      core.clients.removeAll()
      core.lingering.closeAll()
      isStopped = true
    }
  }

  private var unanswered: Int {
    core.unanswered.load(ordering: .sequentiallyConsistent)
  }

  private func wait(until condition: () -> Bool) {
    // A server stops once; a lock and a signal for every answer would cost more than this loop.
    while !condition() { usleep(1000) }
  }
}
