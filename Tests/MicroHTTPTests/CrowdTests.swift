import Glibc
import MicroHTTP
import Testing

@Suite struct CrowdTests {
  /// 2000 silent connections and 50 that send a byte now and then must not slow a client that behaves. In a
  /// process of its own, whose threads and descriptors nobody else uses.
  @Test func goodClientsKeepTheirLatency() async {
    await #expect(processExitsWith: .success) {
      let server = try HTTPServer(configuration: .make(connectionLimit: 5000), handler: describe)
      let silent = try (0..<2000).map { _ in try TestClient(port: server.port) }
      let trickling = try (0..<50).map { _ in try TestClient(port: server.port) }
      for client in trickling {
        try client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\n")
      }
      let good = try TestClient(port: server.port)
      try #require(eventually { server.connectionCount == 2051 })
      // The best of three rounds, because other processes share this machine.
      let latencies = try (0..<3).map { _ in try nearlyLongest(of: 300, good, trickling) }
      let latency = try #require(latencies.min())
      try #require(latency < .milliseconds(50), "\(latencies)")
      withExtendedLifetime(silent) { server.stop() }
    }
  }
}

/// The 99th percentile of the times that `count` requests of `client` take while `trickling` send a byte each.
private func nearlyLongest(
  of count: Int, _ client: TestClient, _ trickling: [TestClient]
) throws -> Duration {
  let clock = ContinuousClock()
  var durations: [Duration] = []
  for index in 0..<count {
    if index.isMultiple(of: 10) {
      for slow in trickling { try slow.send("x") }
    }
    durations.append(try clock.measure { _ = try client.request("GET", "/") })
  }
  return durations.sorted()[count * 99 / 100]
}
