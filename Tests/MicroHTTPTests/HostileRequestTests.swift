import Glibc
import MicroHTTP
import Testing

/// Whatever a client sends, the next one is served.
@Suite struct HostileRequestTests {
  /// What is sent, and the status that answers it; nil when the connection may end without an answer.
  struct Attempt: CustomTestStringConvertible, Sendable {
    let name: String
    let bytes: [UInt8]
    let status: Int?
    var testDescription: String { name }

    init(_ name: String, _ text: String, _ status: Int?) {
      self.name = name
      self.status = status
      bytes = Array(text.utf8)
    }
  }

  static let attempts: [Attempt] = [
    Attempt("nothing but line ends", String(repeating: "\r\n", count: 10_000), nil),
    Attempt("no HTTP", "\u{16}\u{03}\u{01}\u{02}\u{00}\u{01}\u{00}\r\n\r\n", nil),
    Attempt("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    Attempt("HTTP/3.0", "GET / HTTP/3.0\r\nHost: x\r\n\r\n", 505),
    Attempt("HTTP/0.9", "GET /\r\n\r\n", nil),
    Attempt("no target", "GET HTTP/1.1\r\nHost: x\r\n\r\n", nil),
    Attempt("NUL in the method", "G\u{0}T / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    Attempt("NUL in the target", "GET /a\u{0}b HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    Attempt("encoded NUL in the target", "GET /a%00b HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    Attempt("encoded NUL in the query", "GET /?a=%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    Attempt("NUL in a value", "GET / HTTP/1.1\r\nHost: x\r\nX: a\u{0}b\r\nY: c\r\n\r\n", 400),
    Attempt("NUL in the last value", "GET / HTTP/1.1\r\nHost: x\r\nX: a\u{0}\u{0}b\r\n\r\n", 400),
    Attempt("NUL in a name", "GET / HTTP/1.1\r\nHost: x\r\nX\u{0}Y: a\r\n\r\n", 400),
    Attempt("NUL at the beginning of a line", "GET / HTTP/1.1\r\nHost: x\r\n\u{0}X: a\r\n\r\n", 400),
    Attempt(
      "request behind a NUL", "GET / HTTP/1.1\r\nHost: x\r\n\u{0}\r\nGET /smuggled HTTP/1.1\r\n\r\n", 400),
    Attempt("request behind a colon", "GET / HTTP/1.1\r\nHost: x\r\n: a\r\nGET /s HTTP/1.1\r\n\r\n", 400),
    Attempt(
      "chunked by a folded line",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encod: chunked\r\n ing\r\n\r\n0\r\n\r\n", 400),
    Attempt("field that ends in a bare LF", "GET / HTTP/1.1\r\nHost: x\nX: a\r\n\r\n", 400),
    Attempt("request line that ends in a bare LF", "GET / HTTP/1.1\nHost: x\r\n\r\n", 400),
    Attempt("head that ends in a bare LF", "GET / HTTP/1.1\r\nHost: x\r\n\n", 400),
    Attempt("two spaces before the target", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    Attempt(
      "target of 64 KiB", "GET /\(String(repeating: "a", count: 64 << 10)) HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    Attempt(
      "1000 fields",
      "GET / HTTP/1.1\r\n" + (0..<1000).map { "X-\($0): \(String(repeating: "v", count: 64))\r\n" }.joined()
        + "\r\n", 431),
    Attempt(
      "field of 64 KiB", "GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 64 << 10))\r\n\r\n", 431),
    Attempt("folded field", "GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n", 400),
    Attempt("field without colon", "GET / HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n", 400),
    Attempt("field without name", "GET / HTTP/1.1\r\nHost: x\r\n: a\r\n\r\n", 400),
    Attempt("lone CR in a field", "GET / HTTP/1.1\r\nHost: x\r\nX: a\rSet-Cookie: b\r\n\r\n", 400),
    Attempt("encoded CRLF in the target", "GET /%0d%0aSet-Cookie:b HTTP/1.1\r\nHost: x\r\n\r\n", 200),
    Attempt(
      "chunk of 2^64 bytes",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\n", 413),
    Attempt(
      "chunk of negative size", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
      400),
    Attempt(
      "chunk without size", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\r\n\r\n", 400),
    Attempt(
      "chunk longer than its size",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n", 400),
    Attempt(
      "expectation nobody knows", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: tea\r\n\r\na",
      417),
    Attempt(
      "expectation with a large length",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n", 413),
    Attempt("TRACE", "TRACE / HTTP/1.1\r\nHost: x\r\nCookie: secret\r\n\r\n", 200),
    Attempt("CONNECT", "CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    Attempt("upgrade", "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", 200),
  ]

  @Test(arguments: attempts)
  func isAnsweredOrCutOff(_ attempt: Attempt) throws {
    let server = try HTTPServer(configuration: .make(threadCount: 1), handler: describe)
    let client = try TestClient(port: server.port)
    try? client.send(attempt.bytes)
    shutdown(client.descriptor, Int32(SHUT_WR))
    if let status = attempt.status {
      let response = try client.readResponse()
      #expect(response.status == status)
      #expect(!response.text.contains("secret") && response.headers["Set-Cookie"] == nil)
    }
    #expect(client.closesEventually())
    #expect(try TestClient(port: server.port).request("GET", "/good").text == "GET /good\n0 0")
    #expect(eventually { server.connectionCount == 0 && server.inFlight == 0 })
  }

  @Test(arguments: ["Content-Length: 10\r\n\r\n12345", "Transfer-Encoding: chunked\r\n\r\n5\r\n123"])
  func bodiesCutShortReachNoHandler(_ rest: String) throws {
    let calls = Counter()
    let server = try HTTPServer(configuration: .make(threadCount: 1)) { request, responder in
      calls.increment()
      describe(request, responder)
    }
    for _ in 0..<20 {
      let client = try TestClient(port: server.port)
      try client.send("POST / HTTP/1.1\r\nHost: x\r\n\(rest)")
    }
    #expect(try TestClient(port: server.port).request("GET", "/good").text == "GET /good\n0 0")
    #expect(eventually { server.connectionCount == 0 })
    #expect(calls.value == 1)
  }

  /// The head is checked where it lies in libmicrohttpd's buffer, which grows and moves meanwhile.
  @Test func unusualButGoodHeadsPass() throws {
    let server = try HTTPServer(configuration: .make(threadCount: 1)) { request, responder in
      responder.respond(.text("\(request.headers.all.count) \(request.headers["last"] ?? "")"))
    }
    let fields = (0..<100).map { "X-\($0): \(String(repeating: "v", count: 200))\r\n" }.joined()
    let long = "GET /?a=b%20c&d HTTP/1.1\r\nHost: x\r\n\(fields)Cookie: a=b; c=\"d\"\r\nLast: 1\r\n\r\n"
    let short =
      "GET / HTTP/1.0\r\nConnection: keep-alive\r\nEmpty:\r\nBlank: \t \r\nTrailing: a \r\nLast:\t 2\r\n\r\n"
    let post = "POST / HTTP/1.1\r\nhost:x\r\nLast:3\r\nContent-Length: 2\r\n\r\nok"
    let bare = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    let sequence = [
      (long, "103 1"), (short, "5 2"), (post, "3 3"), (bare, "1 "), (long, "103 1"), (post, "3 3"),
    ]
    let bytes = Array(sequence.map(\.0).joined().utf8)
    for pieceSize in [1 << 20, 1000, 7] {
      let client = try TestClient(port: server.port)
      for start in stride(from: 0, to: bytes.count, by: pieceSize) {
        try client.send(Array(bytes[start..<min(start + pieceSize, bytes.count)]))
      }
      for (_, answer) in sequence { #expect(try client.readResponse().text == answer) }
    }
  }

  @Test func encodedBodiesArePassedOn() throws {
    let server = try HTTPServer(configuration: .make()) { request, responder in
      responder.respond(.text("\(request.headers["Content-Encoding"] ?? "") \(request.body.bytes)"))
    }
    let client = try TestClient(port: server.port)
    let response = try client.request(
      "POST", "/", headers: ["Content-Encoding: gzip"], body: [0x1F, 0x8B, 8, 0])
    #expect(response.text == "gzip [31, 139, 8, 0]")
  }

  @Test func resetsHarmNobody() throws {
    let shelf = Shelf<HTTPResponder>()
    let server = try HTTPServer(configuration: .make(threadCount: 1)) { shelf.put($1) }
    for _ in 0..<20 {
      let client = try TestClient(port: server.port)
      try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      let responder = try shelf.take()
      // Closing now resets the connection.
      var linger = linger(l_onoff: 1, l_linger: 0)
      setsockopt(client.descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
      shutdown(client.descriptor, Int32(SHUT_RDWR))
      responder.respond(.bytes([UInt8](repeating: 0, count: 1 << 20), contentType: "x/y"))
    }
    let client = try TestClient(port: server.port)
    try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    try shelf.take().respond(.text("alive"))
    #expect(try client.readResponse().text == "alive")
  }
}
