import Glibc
import MicroHTTP
import Testing

@Suite struct CrowdTests {
  /// 2000 silent connections and 50 that send a byte now and then, and a client that behaves gets every answer on one
  /// connection. In a process of its own, whose threads and descriptors nobody else uses.
  @Test func goodClientsAreAnsweredInACrowd() async {
    await #expect(processExitsWith: .success) {
      let server = try HTTPServer(configuration: .make(connectionLimit: 5000), handler: describe)
      let silent = try (0..<2000).map { _ in try TestClient(port: server.port) }
      let trickling = try (0..<50).map { _ in try TestClient(port: server.port) }
      for client in trickling {
        try client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\n")
      }
      let good = try TestClient(port: server.port)
      try #require(eventually { server.connectionCount == 2051 })
      for index in 0..<300 {
        if index.isMultiple(of: 10) {
          for slow in trickling { try slow.send("x") }
        }
        try #require(try good.request("GET", "/").status == 200)
      }
      try withExtendedLifetime((silent, trickling, good)) { try #require(server.connectionCount == 2051) }
      server.stop()
    }
  }
}
