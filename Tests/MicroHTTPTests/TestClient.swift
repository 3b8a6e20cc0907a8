import Glibc
import MicroHTTP
import Testing

/// A socket, perhaps with TLS, that writes bytes and reads responses, and knows nothing of the server's code.
final class TestClient {
  struct Response: Equatable {
    var status: Int
    var headers: HTTPFields
    var body: [UInt8]
    var text: String { String(decoding: body, as: UTF8.self) }
  }

  struct Failure: Error {
    var reason: String
  }

  let descriptor: Int32
  /// nil for plain HTTP.
  private(set) var tls: TestTLSSession?
  private var received: [UInt8] = []

  /// - Parameters:
  ///   - source: the address to connect from, 127.0.0.1 being 0x7F00_0001; nil for any.
  ///   - tls: GnuTLS priorities to speak TLS with.
  init(port: UInt16, from source: UInt32? = nil, tls priorities: String? = nil) throws {
    descriptor = socket(AF_INET, 1, 0)
    // No test waits so long unless it fails.
    var timeout = timeval(tv_sec: 120, tv_usec: 0)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(descriptor, SOL_SOCKET, option, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }
    if let source { _ = Self.call(bind, descriptor, source, port: 0) }
    let result = Self.call(connect, descriptor, 0x7F00_0001, port: port)
    guard result == 0 else {
      let reason = String(cString: strerror(errno))
      throw Failure(reason: "connect: \(reason)")
    }
    if let priorities { tls = try TestTLSSession(descriptor: descriptor, priorities: priorities) }
  }

  /// Calls `bind` or `connect`.
  private static func call(
    _ function: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32, _ descriptor: Int32, _ host: UInt32,
    port: UInt16
  ) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = host.bigEndian
    return withUnsafePointer(to: address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        function(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  deinit {
    close(descriptor)
  }

  func send(_ text: String) throws {
    try send(Array(text.utf8))
  }

  func send(_ bytes: [UInt8]) throws {
    var offset = 0
    while offset < bytes.count {
      offset += try bytes.withUnsafeBytes { buffer in
        let rest = UnsafeRawBufferPointer(rebasing: buffer[offset...])
        if let tls { return try tls.send(rest) }
        let count = Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
        guard count > 0 else { throw Failure(reason: "send: \(String(cString: strerror(errno)))") }
        return count
      }
    }
  }

  /// Sends a request and reads its response.
  func request(
    _ method: String, _ target: String, headers: [String] = [], body: [UInt8]? = nil,
    version: String = "HTTP/1.1"
  ) throws -> Response {
    var head = "\(method) \(target) \(version)\r\nHost: test\r\n"
    for header in headers { head += header + "\r\n" }
    if let body { head += "Content-Length: \(body.count)\r\n" }
    try send(Array((head + "\r\n").utf8) + (body ?? []))
    return try readResponse(hasBody: method != "HEAD")
  }

  /// Reads one response, whose body must have a Content-Length.
  func readResponse(hasBody: Bool = true) throws -> Response {
    while true {
      let headEnd = try readHead()
      let lines = String(decoding: received[..<headEnd], as: UTF8.self).split(separator: "\r\n")
      received.removeFirst(headEnd + 4)
      let words = lines[0].split(separator: " ")
      var headers = HTTPFields()
      for line in lines.dropFirst() {
        let parts = line.split(separator: ":", maxSplits: 1)
        headers.append(String(parts[0]), parts.count > 1 ? String(parts[1].drop { $0 == " " }) : "")
      }
      let status = Int(words[1]) ?? 0
      if status == 100 { continue }
      let length = hasBody ? Int(headers["Content-Length"] ?? "0") ?? 0 : 0
      while received.count < length {
        guard try readSome() else { throw Failure(reason: "closed inside a body") }
      }
      let body = Array(received.prefix(length))
      received.removeFirst(length)
      return Response(status: status, headers: headers, body: body)
    }
  }

  /// Whether the server closes the connection without sending anything more.
  func isClosedByServer() -> Bool {
    guard received.isEmpty else { return false }
    if tls != nil { return (try? readSome()) == false }
    var byte: UInt8 = 0
    let count = recv(descriptor, &byte, 1, 0)
    return count == 0 || count < 0 && errno == ECONNRESET
  }

  /// Whether the server closes the connection, whatever it still sends.
  func closesEventually() -> Bool {
    received = []
    while (try? readSome()) == true { received = [] }
    return isClosedByServer()
  }

  /// Everything that the server sends until it closes the connection.
  func readToEnd() throws -> String {
    while try readSome() {}
    defer { received = [] }
    return String(decoding: received, as: UTF8.self)
  }

  private func readHead() throws -> Int {
    let mark = Array("\r\n\r\n".utf8)
    while true {
      if received.count >= 4 {
        for start in 0...(received.count - 4) where Array(received[start..<start + 4]) == mark {
          return start
        }
      }
      guard try readSome() else { throw Failure(reason: "closed before a header") }
    }
  }

  private func readSome() throws -> Bool {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    let count = try tls.map { try $0.receive(&buffer) } ?? recv(descriptor, &buffer, buffer.count, 0)
    guard count >= 0 else { throw Failure(reason: "recv: \(String(cString: strerror(errno)))") }
    received += buffer.prefix(count)
    return count > 0
  }
}
