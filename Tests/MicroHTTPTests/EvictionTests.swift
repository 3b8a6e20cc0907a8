import Glibc
import MicroHTTP
import Testing

/// Connections that make room for others.
@Suite struct EvictionTests {
  @Test func theLongestIdleMakesRoom() throws {
    let server = try HTTPServer(configuration: .make(connectionLimit: 3), handler: describe)
    let clients = try (0..<3).map { _ in try TestClient(port: server.port) }
    // A client closes its connection when it is freed, which may be right after its last use.
    defer { withExtendedLifetime(clients) {} }
    for client in clients {
      #expect(try client.request("GET", "/").status == 200)
      // A client has its answer before the server knows that it is sent.
      #expect(eventually { server.inFlight == 0 })
    }
    // The first has been served last, so the second has been idle longest.
    #expect(try clients[0].request("GET", "/").status == 200)
    let new = try TestClient(port: server.port)
    defer { withExtendedLifetime(new) {} }
    #expect(try new.request("GET", "/").status == 200)
    #expect(clients[1].isClosedByServer())
    #expect(server.refusedConnectionCount(.evicted) == 1)
    for client in [clients[0], clients[2], new] { #expect(try client.request("GET", "/").status == 200) }
    #expect(eventually { server.connectionCount == 3 })
  }

  @Test func idleOnesGoBeforeThoseThatAreSending() throws {
    let server = try HTTPServer(configuration: .make(connectionLimit: 2), handler: describe)
    let receiving = try TestClient(port: server.port)
    try receiving.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    var first = [UInt8](repeating: 0, count: 25)
    #expect(recv(receiving.descriptor, &first, 25, 0) == 25)
    let idle = try TestClient(port: server.port)
    #expect(try idle.request("GET", "/").status == 200)
    #expect(eventually { server.inFlight == 0 })
    #expect(try TestClient(port: server.port).request("GET", "/").status == 200)
    #expect(idle.isClosedByServer())
    try receiving.send("ok")
    #expect(try receiving.readResponse().status == 200)
  }

  @Test func theOneWithoutProgressLongestGoesNext() throws {
    let server = try HTTPServer(configuration: .make(connectionLimit: 2), handler: describe)
    let clients = try (0..<2).map { _ in
      let client = try TestClient(port: server.port)
      try client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
      var first = [UInt8](repeating: 0, count: 25)
      #expect(recv(client.descriptor, &first, 25, 0) == 25)
      return client
    }
    // Two thirds of a body are more than its share of a second.
    try clients[0].send("ab")
    usleep(100_000)
    let new = try TestClient(port: server.port)
    #expect(try new.request("GET", "/").status == 200)
    let response = try clients[1].readResponse()
    #expect(response.status == 503 && response.text == "refused: overloaded")
    try clients[0].send("c")
    #expect(try clients[0].readResponse().status == 200)
  }

  /// Neither silent connections nor ones that ask again and again keep a good client out.
  @Test func crowdsMakeRoom() async {
    await #expect(processExitsWith: .success) {
      // For the clients, which keep their descriptors.
      var descriptors = rlimit(rlim_cur: 4000, rlim_max: 4000)
      try #require(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &descriptors) == 0)
      let server = try HTTPServer(configuration: .make(connectionLimit: 64), handler: describe)
      var silent: [TestClient] = []
      for index in 0..<2000 {
        silent.append(try TestClient(port: server.port))
        if index.isMultiple(of: 100) {
          try #require(TestClient(port: server.port).request("GET", "/livez").status == 200)
        }
      }
      let isDone = Flag()
      let port = server.port
      let chatty = TestThread {
        var clients: [TestClient] = []
        while !isDone.isSet {
          if clients.count < 500, let client = try? TestClient(port: port) { clients.append(client) }
          clients.removeAll { client in (try? client.request("GET", "/")) == nil }
        }
      }
      for _ in 0..<100 {
        try #require(TestClient(port: server.port).request("GET", "/livez").status == 200)
      }
      isDone.set()
      chatty.join()
      try #require(server.refusedConnectionCount(.evicted) >= 1900)
      try #require(server.refusedConnectionCount(.connectionLimit) == 0)
      try #require(eventually { server.connectionCount <= 64 })
      withExtendedLifetime(silent) { server.stop() }
    }
  }
}
