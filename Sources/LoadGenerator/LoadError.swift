import Glibc

/// Why nothing can be measured.
package enum LoadError: Error, Equatable, CustomStringConvertible {
  /// The URL is not `http://HOST[:PORT]`.
  case invalidURL(String)
  /// The path is not one that a request line can carry.
  case invalidPath(String)
  /// The header is not `name: value`, or one that every request has already. Its value may be a secret.
  case invalidHeader(name: String)
  /// There is no such folder, or it can't be listed.
  case unreadableFolder(String)
  /// The folder has no image, or none that fits into the memory set aside.
  case noImages(folder: String, byteLimit: Int)
  /// A file in the folder can't be read.
  case unreadableFile(String)
  /// The name service knows no such host.
  case unknownHost(String, reason: String)
  /// No address of the host takes a connection.
  case unreachable(host: String, port: UInt16, reason: String)
  /// The system refuses something that the measurement needs.
  case systemCall(name: String, reason: String)

  /// What was expected, what was found, what to do.
  package var description: String {
    switch self {
    case .invalidURL(let url):
      "expected http://HOST or http://HOST:PORT without a path, found '\(url)'"
    case .invalidPath(let path):
      "expected a '/' and then ASCII letters, digits and marks without spaces, found '\(path)'"
    case .invalidHeader(let name):
      "expected 'name: value' on one line, and not Host, Connection, Content-Length, Content-Type, "
        + "Transfer-Encoding or Expect; found one that begins with '\(name)'"
    case .unreadableFolder(let path): "\(path): can't list the folder"
    case .noImages(let folder, let byteLimit):
      "\(folder): expected .jpg, .jpeg, .png or .webp files in it or below it, "
        + "the first of at most \(byteLimit >> 20) MiB; found none"
    case .unreadableFile(let path): "\(path): can't read the file"
    case .unknownHost(let host, let reason): "\(host): \(reason)"
    case .unreachable(let host, let port, let reason):
      "no server answers on \(host), port \(port): \(reason)"
    case .systemCall(let name, let reason): "\(name): \(reason)"
    }
  }
}

/// What the system says about an error number.
func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
