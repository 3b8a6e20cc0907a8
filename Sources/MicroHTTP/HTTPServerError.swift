/// Why a server does not start.
public enum HTTPServerError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The host is no address of this machine.
  case unknownHost(String, reason: String)
  /// The address can't be listened on.
  case cannotListen(host: String, port: Int, reason: String)
  /// libmicrohttpd refused to start.
  case cannotStart(reason: String)

  /// One line: what failed and what to do.
  public var description: String {
    switch self {
    case .unknownHost(let host, let reason):
      "can't listen on host '\(host)': \(reason); expected an address such as 127.0.0.1, 0.0.0.0 or ::"
    case .cannotListen(let host, let port, let reason):
      "can't listen on \(host) port \(port): \(reason); stop what uses it or choose another port"
    case .cannotStart(let reason):
      "the HTTP server can't start: \(reason)"
    }
  }
}
