import Glibc

/// Why a server could not start.
package enum HTTPServerError: Error, Equatable, CustomStringConvertible {
  /// A property of the configuration is out of its range.
  case invalidConfiguration(String)
  /// The host is no numeric IPv4 or IPv6 address.
  case invalidHost(String)
  /// Another process listens there.
  case addressInUse(host: String, port: UInt16)
  /// No interface of this machine has the address.
  case addressNotAvailable(host: String)
  /// The process may not listen there.
  case permissionDenied(host: String, port: UInt16)
  /// The certificate chain or the private key cannot be used.
  case invalidCertificate(String)
  /// A system call failed with the given `errno`.
  case systemCall(name: String, code: Int32)
  /// libmicrohttpd did not start its threads.
  case daemonFailed

  /// A sentence that says what is wrong and what to do.
  package var description: String {
    switch self {
    case .invalidConfiguration(let rule):
      "invalid server configuration: \(rule)"
    case .invalidHost(let host):
      "cannot listen on \"\(host)\": give a numeric address, such as 127.0.0.1, 0.0.0.0, ::1 or ::"
    case .addressInUse(let host, let port):
      "cannot listen on \(hostAndPort(host, port)): the address is in use; "
        + "stop the process that listens there or choose another port"
    case .addressNotAvailable(let host):
      "cannot listen on \(host): no interface of this machine has that address"
    case .permissionDenied(let host, let port):
      "cannot listen on \(hostAndPort(host, port)): permission denied; choose a port above 1023"
    case .invalidCertificate(let fault):
      "cannot use the TLS certificate: \(fault)"
    case .systemCall(let name, let code):
      "cannot start the server: \(name) failed: \(String(cString: strerror(code)))"
    case .daemonFailed:
      "cannot start the server: libmicrohttpd did not start; check the limits on threads and open files"
    }
  }
}

private func hostAndPort(_ host: String, _ port: UInt16) -> String {
  host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
}
