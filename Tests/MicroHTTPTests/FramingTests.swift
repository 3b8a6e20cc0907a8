import MicroHTTP
import Testing

/// What is ambiguous gets one answer, and the connection closes.
@Suite struct FramingTests {
  @Test(arguments: [
    "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
    "GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\nhello",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: five\r\n\r\nhello",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5x\r\n\r\nhello",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
  ])
  func isRefusedOnce(_ request: String) throws {
    try expectOneRefusal(400, "bad_request", for: request)
  }

  @Test func aLengthThatNoNumberHoldsIsRefusedOnce() throws {
    let length = String(repeating: "9", count: 40)
    try expectOneRefusal(
      413, "payload_too_large", for: "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(length)\r\n\r\n")
  }

  /// libmicrohttpd copies cookies in its pool, which the head has all but filled.
  @Test func cookiesThatDoNotFitAreRefusedOnce() throws {
    let cookie = String(repeating: "c", count: 20_000)
    try expectOneRefusal(
      431, "header_too_large", for: "GET / HTTP/1.1\r\nHost: x\r\nCookie: a=\(cookie)\r\n\r\n")
  }

  /// The head may come in pieces, with other connections' heads between.
  @Test func theRightConnectionIsRefused() throws {
    let server = try HTTPServer(configuration: .make(threadCount: 1), handler: describe)
    let clients = try (0..<8).map { _ in try TestClient(port: server.port) }
    for client in clients { try client.send("POST / HTTP/1.1\r\nHost: x\r\n") }
    for (index, client) in clients.enumerated().reversed() {
      try client.send("Content-Length: \(index.isMultiple(of: 2) ? "1" : "one")\r\n\r\n1")
    }
    for (index, client) in clients.enumerated() {
      #expect(try client.readResponse().status == (index.isMultiple(of: 2) ? 200 : 400))
    }
  }

  @Test func malformedLengthsAreRefusedOnceOverTLS() throws {
    let server = try HTTPServer(configuration: .make(tls: TestCertificate.first), handler: describe)
    let client = try TestClient(port: server.port, tls: "NORMAL")
    try client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\nhello")
    let response = try client.readResponse()
    #expect(response.status == 400 && response.text == "refused: bad_request")
    #expect(client.isClosedByServer())
  }

  @Test(arguments: ["Host:", "Host: [::1]:80", "Host: a-b.example:8080"])
  func properHostsPass(_ host: String) throws {
    let server = try HTTPServer(configuration: .make(), handler: describe)
    let client = try TestClient(port: server.port)
    try client.send("GET / HTTP/1.1\r\n\(host)\r\n\r\n")
    #expect(try client.readResponse().status == 200)
  }

  @Test func onlyContinueIsExpected() throws {
    try expectOneRefusal(
      417, "expectation_failed",
      for: "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: tea\r\n\r\n")
    let server = try HTTPServer(configuration: .make(), handler: describe)
    let client = try TestClient(port: server.port)
    try client.send("POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: tea\r\n\r\n!")
    #expect(try client.readResponse().text == "POST /\n1 33")
  }

  /// What libmicrohttpd answers by itself: one page, counted once.
  @Test(arguments: [
    ("GET / HTTP/3.0\r\n\r\n", 505), ("GET / HTTP/1.1\r\nnonsense\r\n\r\n", 400),
    ("GET /\(String(repeating: "a", count: 40_000)) HTTP/1.1\r\n\r\n", 414),
    ("GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 40_000))\r\n\r\n", 431),
    ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    (
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;\(String(repeating: "x", count: 40_000))",
      500
    ),
  ])
  func theLibrarysAnswersAreCounted(_ request: String, _ status: Int) throws {
    let statuses = Shelf<Int>()
    var configuration = HTTPServer.Configuration.make()
    configuration.libraryAnswered = { statuses.put($0) }
    let server = try HTTPServer(configuration: configuration, handler: describe)
    let client = try TestClient(port: server.port)
    try client.send(request)
    #expect(try client.readResponse().status == status)
    #expect(client.closesEventually())
    #expect(try statuses.take() == status)
    #expect(eventually { server.connectionCount == 0 })
    #expect(statuses.takeNow() == nil)
    #expect(eventually { server.refusedConnectionCount(.malformed) == 1 })
  }

  @Test func connectionsClosedWithoutAnAnswerAreCounted() throws {
    let server = try HTTPServer(configuration: .make(), handler: describe)
    let client = try TestClient(port: server.port)
    try client.send("nonsense\r\n\r\n")
    #expect(client.isClosedByServer())
    #expect(eventually { server.refusedConnectionCount(.malformed) == 1 })
    // Neither a client that leaves nor one that asks for the end is cut off.
    try TestClient(port: server.port).send("GET / HT")
    #expect(
      try TestClient(port: server.port).request("GET", "/", headers: ["Connection: close"]).status == 200)
    #expect(eventually { server.connectionCount == 0 })
    #expect(server.refusedConnectionCount(.malformed) == 1)
  }
}

/// Sends a request to a server of its own and expects exactly one answer, which the server makes once.
private func expectOneRefusal(_ status: Int, _ errorType: String, for request: String) throws {
  let refusals = Shelf<HTTPRefusal>()
  let libraryAnswers = Counter()
  var configuration = HTTPServer.Configuration.make()
  configuration.refusalResponse = {
    refusals.put($0)
    return .text($0.errorType, status: $0.status)
  }
  configuration.libraryAnswered = { _ in libraryAnswers.increment() }
  let server = try HTTPServer(configuration: configuration, handler: describe)
  let client = try TestClient(port: server.port)
  try client.send(request)
  let answer = try client.readToEnd()
  #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
  #expect(answer.hasSuffix("\r\n\r\n\(errorType)"))
  #expect(answer.contains("Content-Length: \(errorType.utf8.count)\r\n"))
  #expect(answer.contains("Connection: close\r\n"))
  #expect(answer.split(separator: "HTTP/1.1", omittingEmptySubsequences: false).count == 2)
  #expect(try refusals.take().status == status)
  #expect(eventually { server.connectionCount == 0 })
  #expect(refusals.takeNow() == nil && libraryAnswers.value == 0)
}
