import Glibc
import MicroHTTP
import Testing

/// Requests that are judged by their heads.
@Suite struct JudgeTests {
  private func makeServer(
    bodyLimit: Int = 8 << 20, judge: @escaping @Sendable (HTTPRequestHead) -> HTTPVerdict
  ) throws -> HTTPServer {
    try HTTPServer(configuration: .make(bodyLimit: bodyLimit), judge: judge, handler: describe)
  }

  @Test func seesTheWholeHeadOnceBeforeTheBody() throws {
    let heads = Shelf<HTTPRequestHead>()
    let server = try makeServer { head in
      heads.put(head)
      return .accept
    }
    let client = try TestClient(port: server.port)
    try client.send("PUT /a%20b?c=d HTTP/1.1\r\nHost: x\r\nX-Key: k\r\nContent-Length: 2\r\n\r\n")
    let head = try heads.take()
    #expect(head.method == "PUT" && head.path == "/a b" && head.query["c"] == "d")
    #expect(head.headers["x-key"] == "k" && head.declaredByteCount == 2 && head.remoteAddress == "127.0.0.1")
    try client.send("!")
    try client.send("!")
    #expect(try client.readResponse().text == "PUT /a b\nc=d\n2 66")
    _ = try client.request("GET", "/")
    #expect(try heads.take().declaredByteCount == 0)
    try client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    #expect(try client.readResponse().text == "POST /\n0 0")
    #expect(try heads.take().declaredByteCount == nil)
    #expect(heads.takeNow() == nil)
  }

  @Test(arguments: ["Content-Length: 5", "Transfer-Encoding: chunked"])
  func aRefusedBodyGetsNoContinue(_ framing: String) throws {
    let server = try makeServer { _ in .refuse(.text("no key", status: 401)) }
    let client = try TestClient(port: server.port)
    try client.send("POST / HTTP/1.1\r\nHost: x\r\n\(framing)\r\nExpect: 100-continue\r\n\r\n")
    let answer = try client.readToEnd()
    #expect(answer.hasPrefix("HTTP/1.1 401 ") && answer.hasSuffix("\r\n\r\nno key"))
    #expect(answer.contains("Connection: close\r\n"))
  }

  @Test func aRefusedRequestWithoutBodyKeepsItsConnection() throws {
    let server = try makeServer { head in
      head.path == "/good" ? .accept : .refuse(.text("nothing here", status: 404))
    }
    let client = try TestClient(port: server.port)
    for _ in 0..<3 { #expect(try client.request("GET", "/bad").text == "nothing here") }
    #expect(try client.request("GET", "/good").text == "GET /good\n0 0")
  }

  /// The server closes before it has read 4 MiB that its client insists on sending.
  @Test func aClientThatGoesOnSendingReadsTheAnswer() throws {
    let server = try makeServer { _ in .refuse(.text("no key", status: 401)) }
    let client = try TestClient(port: server.port)
    let body = [UInt8](repeating: 1, count: 4 << 20)
    try client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.count)\r\n\r\n")
    try client.send(body)
    #expect(try client.readResponse().text == "no key")
    #expect(client.isClosedByServer())
  }

  @Test func malformedHeadsAreNotJudged() throws {
    let calls = Counter()
    let server = try makeServer { _ in
      calls.increment()
      return .accept
    }
    for fields in ["Content-Length: x", "Content-Length: 1\r\nContent-Length: 1", "Host: y", "X : y"] {
      let client = try TestClient(port: server.port)
      try client.send("POST / HTTP/1.1\r\nHost: x\r\n\(fields)\r\n\r\n")
      #expect(try client.readResponse().status == 400, "\(fields)")
    }
    #expect(calls.value == 0)
  }

  @Test func aHandlerCanBeTestedWithoutAServer() {
    let answers = Shelf<HTTPResponse>()
    let responder = HTTPResponder { answers.put($0) }
    #expect(responder.isClientConnected)
    describe(HTTPRequest(method: "GET", path: "/", body: [1, 2]), responder)
    #expect(answers.takeNow() == .text("GET /\n2 3"))
    #expect(!responder.isClientConnected && !responder.respond(.text("late")))
    #expect(answers.takeNow() == nil)
    _ = HTTPResponder { answers.put($0) }
    #expect(answers.takeNow()?.status == 500)
  }
}
