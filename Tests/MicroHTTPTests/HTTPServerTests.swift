import Dispatch
import Glibc
import MicroHTTP
import Synchronization
import TestSupport
import Testing

/// A server that tells what it was asked.
private func echo(_ request: HTTPRequest, _ responder: HTTPResponder) {
  let query = request.query.map { "\($0.name)=\($0.value ?? "-")" }.joined(separator: ";")
  responder.respond(.text("\(request.method) \(request.path) \(query) \(request.body.count)"))
}

private func withServer(
  _ configuration: HTTPServer.Configuration = .init(), _ handler: @escaping HTTPServer.Handler = echo,
  _ body: (HTTPServer) throws -> Void
) throws {
  let server = try HTTPServer(configuration, handler: handler)
  defer { server.stop() }
  try body(server)
}

@Suite struct HTTPServerTests {
  @Test func pathAndQueryAreDecoded() throws {
    try withServer { server in
      let client = try TestClient(port: server.port)
      #expect(
        try client.request("GET", "/a%20b/%C3%A9?x=1%262&flag&y=a+b").text
          == "GET /a b/é x=1&2;flag=-;y=a b 0")
      #expect(try client.request("POST", "/p", body: [1, 2, 3]).text == "POST /p  3")
      #expect(try client.request("DELETE", "/").text == "DELETE /  0")
    }
  }

  @Test(arguments: ["/%zz", "/%", "/a%00b", "/%FF", "/a?x=%0D%0A", "a"])
  func aMalformedTargetIsRefused(_ target: String) throws {
    try withServer { server in
      let response = try TestClient(port: server.port).request("GET", target)
      #expect(response.status == 400)
    }
  }

  @Test func aLargeBodyArrivesWhole() throws {
    let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let received = Mutex<[UInt8]>([])
    try withServer(
      .init(),
      { request, responder in
        received.withLock { $0 = request.body }
        responder.respond(.text("ok"))
      }
    ) { server in
      let status = try TestClient(port: server.port).request("POST", "/", body: body).status
      #expect(status == 200)
      let whole = received.withLock { $0 } == body
      #expect(whole)
    }
  }

  @Test func aChunkedBodyInPiecesOfOneByteArrivesWhole() throws {
    try withServer { server in
      let client = try TestClient(port: server.port)
      client.send("POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
      for _ in 0..<200 { client.send("1\r\nx\r\n") }
      client.send("0\r\n\r\n")
      #expect(try client.readResponse().text == "POST /c  200")
    }
  }

  @Test func anAnswerMayComeLaterFromAnotherThread() throws {
    try withServer(
      .init(),
      { request, responder in
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(50)) {
          responder.respond(.text("late"))
          responder.respond(.text("too late"))
        }
      }
    ) { server in
      let client = try TestClient(port: server.port)
      for _ in 0..<3 { #expect(try client.request("GET", "/").text == "late") }
    }
  }

  @Test func aForgottenRequestIsAnswered500() throws {
    try withServer(.init(), { _, _ in }) { server in
      let status = try TestClient(port: server.port).request("GET", "/").status
      #expect(status == 500)
    }
  }

  @Test func aBodyAboveTheLimitIsRefusedBeforeItIsSent() throws {
    try withServer(.init(bodyLimit: 1000)) { server in
      let client = try TestClient(port: server.port)
      client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n")
      #expect(try client.readResponse().status == 413)
      let expecting = try TestClient(port: server.port)
      expecting.send(
        "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 99999999999\r\n\r\n")
      #expect(try expecting.readResponse().status == 413)
      #expect(
        try TestClient(port: server.port).request("POST", "/", body: Array(repeating: 0, count: 1000)).status
          == 200)
    }
  }

  @Test func aChunkedBodyAboveTheLimitIsRefused() throws {
    try withServer(.init(bodyLimit: 1000)) { server in
      let client = try TestClient(port: server.port)
      client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
      for _ in 0..<11 { client.send("64\r\n" + String(repeating: "x", count: 100) + "\r\n") }
      client.send("0\r\n\r\n")
      #expect(try client.readResponse().status == 413)
    }
  }

  @Test(arguments: [
    "Content-Length: 1\r\nContent-Length: 2", "Content-Length: 1\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: gzip", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    "Content-Length: +1", "Content-Length: -1",
  ])
  func anAmbiguousBodyIsRefused(_ headers: String) throws {
    try withServer { server in
      let client = try TestClient(port: server.port)
      client.send("POST / HTTP/1.1\r\nHost: x\r\n\(headers)\r\n\r\nx")
      #expect(try client.readResponse().status == 400)
      #expect(try TestClient(port: server.port).request("GET", "/").status == 200)
    }
  }

  @Test func requestsMayBePipelined() throws {
    try withServer { server in
      let client = try TestClient(port: server.port)
      client.send((0..<5).map { "GET /\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
      for number in 0..<5 { #expect(try client.readResponse().text == "GET /\(number)  0") }
    }
  }

  @Test func olderClientsAndHeadAreServed() throws {
    try withServer { server in
      let old = try TestClient(port: server.port)
      old.send("GET /old HTTP/1.0\r\n\r\n")
      #expect(try old.readResponse().text == "GET /old  0")
      #expect(old.isClosedByServer())
      let head = try TestClient(port: server.port).request("HEAD", "/")
      #expect(head.status == 200 && head.body.isEmpty)
    }
  }

  @Test func aClientThatLeavesIsNoticed() throws {
    let responders = Mutex<[HTTPResponder]>([])
    try withServer(.init(), { _, responder in responders.withLock { $0.append(responder) } }) { server in
      do {
        let client = try TestClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        while server.inFlight == 0 { usleep(1000) }
        while responders.withLock({ $0.isEmpty }) { usleep(1000) }
        let isConnected = responders.withLock { $0[0].isClientConnected }
        #expect(isConnected)
      }
      var patience = 1000
      while responders.withLock({ $0[0].isClientConnected }), patience > 0 {
        usleep(1000)
        patience -= 1
      }
      let isGone = responders.withLock { !$0[0].isClientConnected }
      #expect(isGone)
      responders.withLock { $0 = [] }
    }
  }

  @Test func manyClientsEachGetTheirOwnAnswer() throws {
    try withServer(
      .init(threadCount: 2),
      { request, responder in
        DispatchQueue.global().async { responder.respond(.text(request.path)) }
      }
    ) { server in
      let right = Atomic(0)
      DispatchQueue.concurrentPerform(iterations: 200) { number in
        guard let client = try? TestClient(port: server.port) else { return }
        for round in 0..<5
        where (try? client.request("GET", "/\(number)/\(round)").text) == "/\(number)/\(round)" {
          right.wrappingAdd(1, ordering: .relaxed)
        }
      }
      let rightCount = right.load(ordering: .relaxed)
      #expect(rightCount == 1000)
    }
  }

  @Test func stoppingWaitsForWhatIsInFlight() throws {
    let responders = Mutex<[HTTPResponder]>([])
    let server = try HTTPServer(
      .init(), handler: { _, responder in responders.withLock { $0.append(responder) } })
    let client = try TestClient(port: server.port)
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    while responders.withLock({ $0.isEmpty }) { usleep(1000) }
    let stopped = Atomic(false)
    let group = DispatchGroup()
    DispatchQueue.global().async(group: group) {
      server.stop()
      stopped.store(true, ordering: .sequentiallyConsistent)
    }
    usleep(50_000)
    let isStopped = stopped.load(ordering: .sequentiallyConsistent)
    #expect(!isStopped)
    responders.withLock { $0[0].respond(.text("done")) }
    #expect(try client.readResponse().text == "done")
    group.wait()
    #expect(throws: TestClient.Failure.self) { try TestClient(port: server.port) }
  }

  @Test func aTakenPortIsNamed() throws {
    try withServer { server in
      #expect(throws: HTTPServerError.self) {
        try HTTPServer(.init(port: server.port), handler: { _, _ in })
      }
      #expect(throws: HTTPServerError.self) {
        try HTTPServer(.init(host: "no.such.host.invalid"), handler: echo)
      }
    }
  }
}
