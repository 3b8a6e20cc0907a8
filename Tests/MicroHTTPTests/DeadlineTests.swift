import Glibc
import MicroHTTP
import Testing

/// Clients that take their time.
@Suite struct DeadlineTests {
  @Test(arguments: [
    "POST / HTTP/1.1\r\nHost", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n12345",
  ])
  func slowRequestsAreCutOff(_ beginning: String) throws {
    let server = try HTTPServer(configuration: .make(receiveTimeout: .milliseconds(300)), handler: describe)
    let client = try TestClient(port: server.port)
    try client.send(beginning)
    // A trickle keeps the connection from being idle.
    for _ in 0..<4 {
      usleep(50_000)
      try? client.send("x")
    }
    let response = try client.readResponse()
    #expect(response.status == 408 && response.text == "refused: request_timeout")
    #expect(eventually { server.connectionCount == 0 })
    #expect(eventually { server.refusedConnectionCount(.receiveTimeout) == 1 })
    #expect(try TestClient(port: server.port).request("GET", "/").status == 200)
  }

  @Test func silentConnectionsAreClosed() throws {
    let server = try HTTPServer(configuration: .make(receiveTimeout: .milliseconds(300)), handler: describe)
    let client = try TestClient(port: server.port)
    #expect(client.isClosedByServer())
    #expect(eventually { server.connectionCount == 0 })
    #expect(eventually { server.refusedConnectionCount(.silence) == 1 })
  }

  @Test func slowBodiesAreCutOff() throws {
    var configuration = HTTPServer.Configuration.make(minimumReceiveRate: 1000)
    configuration.receiveRateGrace = .milliseconds(300)
    let server = try HTTPServer(configuration: configuration, handler: describe)
    let slow = try TestClient(port: server.port)
    try slow.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    let fast = try TestClient(port: server.port)
    try fast.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n")
    for _ in 0..<16 {
      try? slow.send("1\r\na\r\n")
      try fast.send(String(repeating: "b", count: 250))
      usleep(50_000)
    }
    let refused = try slow.readResponse()
    #expect(refused.status == 408 && refused.text == "refused: request_timeout")
    #expect(eventually { server.refusedConnectionCount(.receiveRate) == 1 })
    #expect(try fast.readResponse().text == "POST /\n4000 \(4000 * 98)")
  }

  /// A client that reads a little now and then keeps its connection from being idle.
  @Test func responsesThatAreNotReadAreCutOff() throws {
    let body = [UInt8](repeating: 1, count: 8 << 20)
    let server = try HTTPServer(configuration: .make(sendTimeout: .milliseconds(50))) { request, responder in
      responder.respond(request.path == "/" ? .text("small") : .bytes(body, contentType: "x/y"))
    }
    let client = try TestClient(port: server.port)
    try client.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
    var byte: UInt8 = 0
    #expect(
      eventually {
        recv(client.descriptor, &byte, 1, Int32(MSG_DONTWAIT))
        return server.connectionCount == 0
      })
    #expect(eventually { server.refusedConnectionCount(.sendTimeout) == 1 && server.inFlight == 0 })
    let next = try TestClient(port: server.port)
    #expect(try next.request("GET", "/large").body == body)
    #expect(try next.request("GET", "/").text == "small")
  }

  @Test func waitingRequestsOutliveTheReceiveTimeout() throws {
    let shelf = Shelf<HTTPResponder>()
    let server = try HTTPServer(
      configuration: .make(idleTimeout: .seconds(1), receiveTimeout: .milliseconds(100))
    ) { shelf.put($1) }
    let client = try TestClient(port: server.port)
    try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    let responder = try shelf.take()
    usleep(1_500_000)
    responder.respond(.text("worth it"))
    #expect(try client.readResponse().text == "worth it")
  }
}
