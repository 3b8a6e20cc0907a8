import MicroHTTP
import Testing

@Suite struct ConnectionLimitTests {
  @Test func connectionsBeyondTheLimitAreAnswered() throws {
    let server = try HTTPServer(configuration: .make(connectionLimit: 3), handler: describe)
    var clients = try (0..<3).map { _ in try TestClient(port: server.port) }
    for client in clients { #expect(try client.request("GET", "/").status == 200) }
    let refused = try TestClient(port: server.port).readResponse()
    #expect(server.refusedConnectionCount(.connectionLimit) == 1)
    #expect(refused.status == 503 && refused.text == "refused: overloaded")
    clients.removeLast()
    #expect(eventually { server.connectionCount == 2 })
    #expect(try TestClient(port: server.port).request("GET", "/").status == 200)
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
    let server = try HTTPServer(
      configuration: .make(connectionLimit: 1, tls: TestCertificate.first), handler: describe)
    let client = try TestClient(port: server.port, tls: "NORMAL")
    let refused = try TestClient(port: server.port)
    #expect(refused.isClosedByServer())
    #expect(try client.request("GET", "/").status == 200)
  }
}
