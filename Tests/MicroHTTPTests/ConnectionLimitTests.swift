import MicroHTTP
import Testing

@Suite struct ConnectionLimitTests {
  @Test func whereAllAreBeingAnsweredOneMoreIsRefused() throws {
    let shelf = Shelf<HTTPResponder>()
    let server = try HTTPServer(configuration: .make(connectionLimit: 3)) { shelf.put($1) }
    let clients = try (0..<3).map { _ in try TestClient(port: server.port) }
    for client in clients { try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n") }
    let responders = try (0..<3).map { _ in try shelf.take() }
    let refused = try TestClient(port: server.port).readResponse()
    #expect(server.refusedConnectionCount(.connectionLimit) == 1)
    #expect(refused.status == 503 && refused.text == "refused: overloaded")
    #expect(refused.headers["Retry-After"] == "1")
    for responder in responders { responder.respond(.text("done")) }
    for client in clients { #expect(try client.readResponse().text == "done") }
    #expect(server.refusedConnectionCount(.evicted) == 0)
    let next = try TestClient(port: server.port)
    try next.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    try shelf.take().respond(.text("done"))
    #expect(try next.readResponse().text == "done")
  }

  @Test func connectionsBeyondTheAddressesShareAreAnswered() throws {
    let server = try HTTPServer(configuration: .make(connectionsPerAddress: 2), handler: describe)
    var clients = try (0..<2).map { _ in try TestClient(port: server.port) }
    for client in clients { #expect(try client.request("GET", "/").status == 200) }
    let refused = try TestClient(port: server.port).readResponse()
    #expect(refused.status == 503 && refused.text == "refused: overloaded")
    #expect(server.refusedConnectionCount(.addressLimit) == 1)
    // The whole 127.0.0.0/8 is this machine.
    #expect(try TestClient(port: server.port, from: 0x7F00_0002).request("GET", "/").status == 200)
    clients.removeLast()
    #expect(eventually { server.connectionCount == 1 })
    #expect(try TestClient(port: server.port).request("GET", "/").status == 200)
  }

  @Test func clientsBeyondTheLimitOverTLSSeeTheEnd() throws {
    let shelf = Shelf<HTTPResponder>()
    let server = try HTTPServer(
      configuration: .make(connectionLimit: 1, tls: TestCertificate.first)
    ) { shelf.put($1) }
    let client = try TestClient(port: server.port, tls: "NORMAL")
    try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    let responder = try shelf.take()
    let refused = try TestClient(port: server.port)
    #expect(refused.isClosedByServer())
    responder.respond(.text("done"))
    #expect(try client.readResponse().text == "done")
  }
}
