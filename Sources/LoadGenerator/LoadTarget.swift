import FoundationEssentials

/// Where requests go, and what their heads say.
package struct LoadTarget: Sendable {
  /// The name or numeric address, without brackets.
  package let host: String
  /// The TCP port; 80 where the URL has none.
  package let port: UInt16
  /// The path and query of the request line.
  package let path: String
  private let headers: [String]

  /// Written by the generator itself.
  private static let ownHeaders: Set = [
    "host", "connection", "content-length", "content-type", "transfer-encoding", "expect",
  ]

  /// Checks what an operator gave.
  /// - Parameters:
  ///   - url: `http://HOST[:PORT]`; an IPv6 address is in brackets.
  ///   - path: with its query.
  ///   - headers: `name: value` each, sent with every request.
  /// - Throws: `LoadError.invalidURL`, `.invalidPath`, `.invalidHeader`.
  package init(url: String, path: String, headers: [String] = []) throws(LoadError) {
    guard let parsed = URL(string: url), parsed.scheme?.lowercased() == "http", parsed.user() == nil,
      let host = parsed.host(), !host.isEmpty, let port = UInt16(exactly: parsed.port ?? 80), port > 0,
      parsed.path().isEmpty || parsed.path() == "/", parsed.query() == nil, parsed.fragment() == nil
    else { throw .invalidURL(url) }
    guard path.utf8.first == UInt8(ascii: "/"), path.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw .invalidPath(path)
    }
    for header in headers where !Self.isSendable(header) {
      throw .invalidHeader(name: String(header.prefix { $0 != ":" }.prefix(20)))
    }
    (self.host, self.port, self.path, self.headers) = (host, port, path, headers)
  }

  /// Host and port, as a URL has them.
  package var authority: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }

  /// The head of a request with a body.
  package func head(contentType: String, contentLength: Int) -> String {
    let fields =
      ["Host: \(authority)", "Content-Type: \(contentType)", "Content-Length: \(contentLength)"]
      + headers
    return "POST \(path) HTTP/1.1\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
  }

  private static func isSendable(_ header: String) -> Bool {
    guard let colon = header.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
    let name = header[..<colon]
    let isToken = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
      }
    }
    let isLine = header.utf8.allSatisfy { $0 == 0x09 || $0 >= 0x20 && $0 != 0x7F }
    return !name.isEmpty && isToken && isLine && !ownHeaders.contains(name.lowercased())
  }
}
