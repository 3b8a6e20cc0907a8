import Glibc

/// An address of a server, found by name or number.
struct ServerAddress: Sendable {
  private let storage: sockaddr_storage
  private let length: socklen_t

  /// A socket that has begun to connect, or why there is none: an error number.
  func connectingSocket() -> Result<Int32, SystemError> {
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(Int32(storage.ss_family), kind, 0)
    guard descriptor >= 0 else { return .failure(SystemError(code: errno)) }
    var on: Int32 = 1
    // The last piece of a request must not wait for the acknowledgement of the one before.
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    let status = withUnsafePointer(to: storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, length) }
    }
    guard status == 0 || errno == EINPROGRESS else {
      let code = errno
      close(descriptor)
      return .failure(SystemError(code: code))
    }
    return .success(descriptor)
  }

  /// The first address of the target's host that takes a connection.
  /// - Throws: `LoadError.unknownHost`, `.unreachable`.
  static func reachable(_ target: LoadTarget, timeout: Nanoseconds) throws(LoadError) -> ServerAddress {
    var reason = ""
    for address in try all(host: target.host, port: target.port) {
      switch address.connectingSocket().flatMap({ established($0, timeout) }) {
      case .success: return address
      case .failure(let error): reason = error.description
      }
    }
    throw .unreachable(host: target.host, port: target.port, reason: reason)
  }

  private static func all(host: String, port: UInt16) throws(LoadError) -> [ServerAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, "\(port)", &hints, &list)
    guard status == 0 else { throw .unknownHost(host, reason: String(cString: gai_strerror(status))) }
    defer { freeaddrinfo(list) }
    return sequence(first: list) { $0?.pointee.ai_next }.prefix { $0 != nil }
      .compactMap { $0.flatMap { ServerAddress($0.pointee) } }
  }

  private init?(_ entry: addrinfo) {
    guard let address = entry.ai_addr, Int(entry.ai_addrlen) <= MemoryLayout<sockaddr_storage>.size else {
      return nil
    }
    var storage = sockaddr_storage()
    withUnsafeMutableBytes(of: &storage) {
      $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(entry.ai_addrlen)))
    }
    (self.storage, length) = (storage, entry.ai_addrlen)
  }
}

/// An error number of the system.
struct SystemError: Error, CustomStringConvertible {
  let code: Int32
  var description: String { reason(code) }
}

/// The error that a socket has met while it connected, 0 for none.
func connectError(_ socket: Int32) -> Int32 {
  var code: Int32 = 0
  var size = socklen_t(MemoryLayout<Int32>.size)
  return getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno
}

/// Waits until a connection stands or failed, and closes it.
private func established(_ connection: Int32, _ timeout: Nanoseconds) -> Result<Void, SystemError> {
  defer { close(connection) }
  var entry = pollfd(fd: connection, events: Int16(POLLOUT), revents: 0)
  let milliseconds = Int32(clamping: timeout / 1_000_000)
  let code = poll(&entry, 1, milliseconds) == 1 ? connectError(connection) : ETIMEDOUT
  return code == 0 ? .success(()) : .failure(SystemError(code: code))
}
