import Glibc

/// A blocking HTTP client over one loopback connection, which can also send what no client should.
package final class TestClient {
  /// A response as it came.
  package struct Response {
    /// The status code.
    package let status: Int
    /// Header fields, names in lower case.
    package let headers: [String: String]
    /// The body.
    package let body: [UInt8]
    /// The body as text.
    package var text: String { String(decoding: body, as: UTF8.self) }
  }

  /// What went wrong with the connection.
  package enum Failure: Error {
    /// No connection.
    case refused
    /// The server closed, or two minutes passed.
    case closed
  }

  private let descriptor: Int32
  private var buffer: [UInt8] = []

  /// Connects to a port of 127.0.0.1.
  package init(port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var limit = timeval(tv_sec: 120, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { throw Failure.refused }
  }

  deinit { close(descriptor) }

  /// Sends bytes as they are.
  package func send(_ bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    var done = 0
    while done < bytes.count {
      let count = bytes[done...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return }
      done += count
    }
  }

  /// Sends text as it is.
  package func send(_ text: String) { send(text.utf8) }

  /// Sends a request and reads its response.
  package func request(
    _ method: String, _ target: String, headers: [String] = [], body: [UInt8] = []
  ) throws -> Response {
    var head = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n"
    for header in headers { head += header + "\r\n" }
    if !body.isEmpty || method == "POST" { head += "Content-Length: \(body.count)\r\n" }
    send(Array((head + "\r\n").utf8) + body)
    return try readResponse(hasBody: method != "HEAD")
  }

  /// Reads one response.
  package func readResponse(hasBody: Bool = true) throws -> Response {
    var head: [UInt8] = []
    while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) { head.append(try nextByte()) }
    let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
    let status = Int(lines.first?.split(separator: " ").dropFirst().first ?? "") ?? 0
    if status == 100 { return try readResponse(hasBody: hasBody) }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
    }
    let length = hasBody ? Int(headers["content-length"] ?? "0") ?? 0 : 0
    while buffer.count < length { try fill() }
    let body = Array(buffer.prefix(length))
    buffer.removeFirst(length)
    return Response(status: status, headers: headers, body: body)
  }

  /// Whether the server closed the connection, waiting for it if need be.
  package func isClosedByServer() -> Bool {
    do {
      _ = try nextByte()
      return false
    } catch {
      return true
    }
  }

  /// The next byte of what the server sends.
  package func nextByte() throws -> UInt8 {
    if buffer.isEmpty { try fill() }
    return buffer.removeFirst()
  }

  private func fill() throws {
    var piece = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &piece, piece.count, 0)
    guard count > 0 else { throw Failure.closed }
    buffer += piece[..<count]
  }
}
