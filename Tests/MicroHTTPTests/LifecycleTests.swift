import Foundation
import Glibc
import MicroHTTP
import Testing

@Suite struct LifecycleTests {
  @Test func quiesceRefusesNewConnectionsAndFinishesOldOnes() throws {
    let shelf = Shelf<HTTPResponder>()
    let server = try HTTPServer(configuration: .make()) { shelf.put($1) }
    let client = try TestClient(port: server.port)
    try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    let responder = try shelf.take()
    server.quiesce()
    server.quiesce()
    #expect(throws: TestClient.Failure.self) { try TestClient(port: server.port) }
    responder.respond(.text("finished"))
    let response = try client.readResponse()
    #expect(response.text == "finished" && response.headers["Connection"] == "close")
    #expect(client.isClosedByServer())
  }

  @Test func stopWaitsForTheRequestInFlight() throws {
    let shelf = Shelf<HTTPResponder>()
    let server = try HTTPServer(configuration: .make()) { shelf.put($1) }
    let client = try TestClient(port: server.port)
    try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    let responder = try shelf.take()
    let flag = Flag()
    let thread = TestThread {
      server.stop()
      flag.set()
    }
    usleep(100_000)
    #expect(!flag.isSet)
    responder.respond(.text("finished"))
    thread.join()
    #expect(flag.isSet)
    #expect(try client.readResponse().text == "finished")
    #expect(server.inFlight == 0)
  }

  @Test func stopLetsARequestComeInWhole() throws {
    let server = try HTTPServer(configuration: .make(), handler: describe)
    let client = try TestClient(port: server.port)
    try client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n1")
    usleep(20_000)
    let thread = TestThread { server.stop() }
    usleep(200_000)
    try client.send("2")
    #expect(try client.readResponse().text == "POST /\n2 \(49 + 50)")
    thread.join()
  }

  @Test func stopDeliversALargeLastResponse() throws {
    let shelf = Shelf<HTTPResponder>()
    let body = [UInt8](repeating: 42, count: 4 << 20)
    let server = try HTTPServer(configuration: .make()) { shelf.put($1) }
    let client = try TestClient(port: server.port)
    try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    try shelf.take().respond(.bytes(body, contentType: "x/y"))
    let thread = TestThread { server.stop() }
    usleep(100_000)
    #expect(try client.readResponse().body == body)
    thread.join()
  }

  @Test func stopMayBeCalledTwiceAndWithIdleConnections() throws {
    let server = try HTTPServer(configuration: .make(), handler: describe)
    let client = try TestClient(port: server.port)
    #expect(try client.request("GET", "/").status == 200)
    let other = TestThread { server.stop() }
    server.stop()
    server.stop()
    other.join()
    #expect(client.isClosedByServer())
    #expect(throws: TestClient.Failure.self) { try TestClient(port: server.port) }
  }

  @Test func anAddressInUseIsNamed() throws {
    let server = try HTTPServer(configuration: .make(), handler: describe)
    var configuration = HTTPServer.Configuration.make()
    configuration.port = server.port
    let error = #expect(throws: HTTPServerError.self) {
      try HTTPServer(configuration: configuration, handler: describe)
    }
    #expect(error == .addressInUse(host: "127.0.0.1", port: server.port))
    #expect(error?.description.contains("127.0.0.1:\(server.port)") == true)
  }

  @Test(arguments: ["localhost", "", "1.2.3", "127.0.0.1:80"])
  func hostsMustBeNumeric(_ host: String) {
    var configuration = HTTPServer.Configuration.make()
    configuration.host = host
    #expect(throws: HTTPServerError.invalidHost(host)) {
      try HTTPServer(configuration: configuration, handler: describe)
    }
  }

  @Test func impossibleConfigurationsAreRefused() {
    let impossible: [HTTPServer.Configuration] = [
      .make(threadCount: 0), .make(connectionLimit: 0), .make(bodyLimit: -1), .make(idleTimeout: .zero),
      .make(receiveTimeout: .seconds(-1)), .make(connectionsPerAddress: 0), .make(minimumReceiveRate: -1),
      .make(sendTimeout: .zero),
    ]
    for configuration in impossible {
      #expect(throws: HTTPServerError.self) {
        try HTTPServer(configuration: configuration, handler: describe)
      }
    }
  }

  /// Where the address space has no room for more stacks the server says so, and can be made smaller.
  ///
  /// Sanitizers reserve more address space than any such limit.
  @Test(
    .enabled(
      if: ["ASAN_OPTIONS", "TSAN_OPTIONS"].allSatisfy { ProcessInfo.processInfo.environment[$0] == nil }))
  func threadsThatCannotBeMadeAreReported() async {
    await #expect(processExitsWith: .success) {
      let statistics = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
      let pageCount = try #require(statistics.split(separator: " ").first.flatMap { UInt($0) })
      var limit = rlimit(rlim_cur: pageCount * 4096 + 100 << 20, rlim_max: .max)
      try #require(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0)
      #expect(throws: HTTPServerError.daemonFailed) {
        try HTTPServer(configuration: .make(threadCount: 100), handler: describe)
      }
      let server = try HTTPServer(configuration: .make(threadCount: 1), handler: describe)
      try #require(TestClient(port: server.port).request("GET", "/").status == 200)
      server.stop()
    }
  }

  @Test(arguments: ["127.0.0.1", "0.0.0.0"] + (hasIPv6 ? ["::"] : []))
  func listensOnEveryKindOfAddress(_ host: String) throws {
    var configuration = HTTPServer.Configuration.make()
    configuration.host = host
    configuration.threadCount = 1
    let server = try HTTPServer(configuration: configuration) { request, responder in
      responder.respond(.text(request.remoteAddress))
    }
    #expect(try TestClient(port: server.port).request("GET", "/").text == "127.0.0.1")
  }

  @Test func endsItsConnectionsWithItself() throws {
    var server: HTTPServer? = try HTTPServer(configuration: .make(), handler: describe)
    let client = try TestClient(port: try #require(server).port)
    #expect(try client.request("GET", "/").status == 200)
    server = nil
    #expect(client.isClosedByServer())
  }
}

private let hasIPv6: Bool = {
  let probe = socket(AF_INET6, 1, 0)
  defer { close(probe) }
  return probe >= 0
}()
