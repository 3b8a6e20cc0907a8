import Glibc
import MicroHTTP
import Testing

/// Each in a process of its own, whose limits it may change.
@Suite struct DescriptorLimitTests {
  @Test func theSoftLimitIsRaised() async {
    await #expect(processExitsWith: .success) {
      try setLimit(soft: 100, hard: 2000)
      let server = try HTTPServer(configuration: .make(connectionLimit: 300), handler: describe)
      try #require(server.connectionLimit == 300)
      try #require(currentLimit().rlim_cur == 300 + 256)
      let clients = try (0..<200).map { _ in try TestClient(port: server.port) }
      for client in clients { try #require(client.request("GET", "/").status == 200) }
      server.stop()
    }
  }

  @Test func aLowHardLimitLowersTheConnectionLimit() async {
    await #expect(processExitsWith: .success) {
      try setLimit(soft: 100, hard: 100)
      let server = try HTTPServer(configuration: .make(connectionLimit: 300), handler: describe)
      try #require(server.connectionLimit == 50)
      server.stop()
    }
  }

  /// The connection that is being answered cannot make room.
  @Test func withoutDescriptorsTheServerWaits() async {
    await #expect(processExitsWith: .success) {
      let shelf = Shelf<HTTPResponder>()
      let server = try HTTPServer(configuration: .make()) { request, responder in
        if request.path == "/old" { shelf.put(responder) } else { describe(request, responder) }
      }
      let old = try TestClient(port: server.port)
      try old.send("GET /old HTTP/1.1\r\nHost: x\r\n\r\n")
      let responder = try shelf.take()
      try setLimit(soft: 100, hard: 2000)
      var fillers: [Int32] = []
      while true {
        let filler = dup(0)
        if filler < 0 { break }
        fillers.append(filler)
      }
      // The client takes the last descriptor, so that the server has none to accept with.
      close(fillers.removeLast())
      let new = try TestClient(port: server.port)
      try new.send("GET /new HTTP/1.1\r\nHost: x\r\n\r\n")
      let before = processorTime()
      usleep(300_000)
      try #require(processorTime() - before < .milliseconds(100))
      try #require(server.connectionCount == 1)
      responder.respond(.text("old"))
      try #require(old.readResponse().text == "old")
      for filler in fillers { close(filler) }
      try #require(new.readResponse().text == "GET /new\n0 0")
      server.stop()
    }
  }
}

private func setLimit(soft: rlim_t, hard: rlim_t) throws {
  var limit = rlimit(rlim_cur: soft, rlim_max: hard)
  try #require(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
}

private func currentLimit() -> rlimit {
  var limit = rlimit()
  getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  return limit
}
