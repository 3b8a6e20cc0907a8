import CMicroHTTPD
import Glibc
import Synchronization

/// A bound and listening TCP socket; closed with its last reference at the latest.
final class ListeningSocket: Sendable {
  /// Connections the kernel completes before they are accepted; it may lower it to net.core.somaxconn.
  private static let backlog: Int32 = 1024

  let descriptor: Int32
  /// The port that was bound.
  let port: UInt16
  private let isClosed = Atomic(false)

  /// Binds `host`:`port` and listens. `::` takes IPv4 connections as well.
  /// - Throws: any case of `HTTPServerError` about an address, or `.systemCall`.
  init(host: String, port: UInt16) throws(HTTPServerError) {
    guard var address = SocketAddress(host: host, port: port) else { throw .invalidHost(host) }
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(address.family, kind, 0)
    guard descriptor >= 0 else { throw .systemCall(name: "socket", code: errno) }
    guard Self.listen(descriptor, at: &address) else {
      let code = errno
      close(descriptor)
      switch code {
      case EADDRINUSE: throw .addressInUse(host: host, port: port)
      case EADDRNOTAVAIL: throw .addressNotAvailable(host: host)
      case EACCES: throw .permissionDenied(host: host, port: port)
      default: throw .systemCall(name: "listening on \(host)", code: code)
      }
    }
    self.descriptor = descriptor
    self.port = address.port
  }

  deinit {
    stopListening()
  }

  /// Closes the socket; a second call does nothing. `descriptor` must not be used any more.
  func stopListening() {
    if !isClosed.exchange(true, ordering: .relaxed) { close(descriptor) }
  }

  /// Binds, listens and reads back the address; `errno` says why it failed.
  private static func listen(_ descriptor: Int32, at address: inout SocketAddress) -> Bool {
    var on: Int32 = 1
    var off: Int32 = 0
    let size = socklen_t(MemoryLayout<Int32>.size)
    // A restarted server takes its port although old connections linger in TIME_WAIT.
    guard setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, size) == 0 else { return false }
    if address.family == AF_INET6 {
      guard setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &off, size) == 0 else { return false }
    }
    guard address.withSocketAddress({ bind(descriptor, $0, $1) }) == 0 else { return false }
    guard Glibc.listen(descriptor, backlog) == 0 else { return false }
    return address.update { getsockname(descriptor, $0, &$1) } == 0
  }
}
