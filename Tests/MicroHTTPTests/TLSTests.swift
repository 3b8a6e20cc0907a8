import Glibc
import MicroHTTP
import Testing

private let tls13 = "NORMAL:-VERS-ALL:+VERS-TLS1.3"
private let tls12 = "NORMAL:-VERS-ALL:+VERS-TLS1.2"

@Suite struct TLSTests {
  @Test(arguments: [tls13, tls12])
  func answersOverTLS(_ priorities: String) throws {
    let server = try HTTPServer(configuration: .make(tls: TestCertificate.first), handler: describe)
    let client = try TestClient(port: server.port, tls: priorities)
    #expect(client.tls?.isTLS13 == (priorities == tls13))
    let body = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    for _ in 0..<3 {
      let response = try client.request("POST", "/x", body: body)
      #expect(response.text == "POST /x\n1000000 \(body.reduce(0) { $0 &+ Int($1) })")
    }
    withExtendedLifetime(client) { #expect(server.connectionCount == 1) }
  }

  @Test func sendsLargeResponses() throws {
    let body = (0..<4_000_000).map { UInt8(truncatingIfNeeded: $0 &* $0 &+ 7) }
    let server = try HTTPServer(configuration: .make(tls: TestCertificate.first)) { _, responder in
      responder.respond(.bytes(body, contentType: "x/y"))
    }
    #expect(try TestClient(port: server.port, tls: tls13).request("GET", "/").body == body)
  }

  @Test(arguments: [
    "NORMAL:-VERS-ALL:+VERS-TLS1.1:%COMPAT", "NORMAL:-VERS-ALL:+VERS-TLS1.0",
    "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC",
  ])
  func refusesOldVersionsAndCiphers(_ priorities: String) throws {
    let server = try HTTPServer(configuration: .make(tls: TestCertificate.first), handler: describe)
    #expect(throws: TestClient.Failure.self) { try TestClient(port: server.port, tls: priorities) }
    #expect(try TestClient(port: server.port, tls: tls12).request("GET", "/").status == 200)
  }

  @Test func plainRequestsGetNoAnswer() throws {
    let server = try HTTPServer(configuration: .make(tls: TestCertificate.first), handler: describe)
    let client = try TestClient(port: server.port)
    try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(throws: TestClient.Failure.self) { try client.readResponse() }
    #expect(try TestClient(port: server.port, tls: tls13).request("GET", "/").status == 200)
  }

  @Test func newConnectionsGetTheNewCertificate() throws {
    let server = try HTTPServer(configuration: .make(tls: TestCertificate.first), handler: describe)
    let old = try TestClient(port: server.port, tls: tls13)
    try server.replaceCertificate(TestCertificate.second)
    let new = try TestClient(port: server.port, tls: tls13)
    #expect(old.tls?.serverCertificate != new.tls?.serverCertificate)
    for client in [old, new] { #expect(try client.request("GET", "/").status == 200) }

    let first = TestCertificate.first
    let second = TestCertificate.second
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"
    let bad: [(HTTPServer.TLS, String)] = [
      (.init(certificateChain: first.certificateChain, privateKey: second.privateKey), "does not belong"),
      (.init(certificateChain: Array("nonsense".utf8), privateKey: second.privateKey), "certificate chain"),
      (.init(certificateChain: [], privateKey: second.privateKey), "certificate chain"),
      (.init(certificateChain: second.privateKey, privateKey: second.privateKey), "certificate chain"),
      (.init(certificateChain: first.certificateChain, privateKey: []), "private key"),
      (.init(certificateChain: first.certificateChain, privateKey: Array(encrypted.utf8)), "unencrypted"),
      (.init(certificateChain: first.certificateChain, privateKey: first.certificateChain), "private key"),
    ]
    for (tls, fault) in bad {
      let error = #expect(throws: HTTPServerError.self) { try server.replaceCertificate(tls) }
      #expect(error?.description.contains(fault) == true, "\(error?.description ?? "")")
      #expect(throws: HTTPServerError.self) {
        try HTTPServer(configuration: .make(tls: tls), handler: describe)
      }
    }
    let later = try TestClient(port: server.port, tls: tls13)
    #expect(later.tls?.serverCertificate == new.tls?.serverCertificate)
  }

  @Test func unfinishedHandshakesAreCutOff() throws {
    let server = try HTTPServer(
      configuration: .make(receiveTimeout: .milliseconds(300), tls: TestCertificate.first), handler: describe)
    let silent = try TestClient(port: server.port)
    let slow = try TestClient(port: server.port)
    // The beginning of a record that announces 512 bytes of a ClientHello, then a trickle.
    try slow.send([22, 3, 1, 2, 0, 1, 0, 1, 0xFC])
    for _ in 0..<4 {
      usleep(50_000)
      try slow.send([3])
    }
    #expect(silent.isClosedByServer())
    #expect(slow.isClosedByServer())
    #expect(eventually { server.connectionCount == 0 })
    #expect(try TestClient(port: server.port, tls: tls13).request("GET", "/").status == 200)
  }

  @Test(arguments: [
    "POST / HTTP/1.1\r\nHost", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n12345",
  ])
  func slowRequestsAreCutOffWithoutPlainBytes(_ beginning: String) throws {
    let server = try HTTPServer(
      configuration: .make(receiveTimeout: .milliseconds(300), tls: TestCertificate.first), handler: describe)
    let client = try TestClient(port: server.port, tls: tls13)
    try client.send(beginning)
    #expect(client.isClosedByServer())
    #expect(eventually { server.connectionCount == 0 })
  }

  @Test func chunkedBodyWithoutEndIsCutOffWithoutPlainBytes() throws {
    let server = try HTTPServer(
      configuration: .make(bodyLimit: 1000, tls: TestCertificate.first), handler: describe)
    let client = try TestClient(port: server.port, tls: tls13)
    try client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    let chunk = "10000\r\n\(String(repeating: "a", count: 65_536))\r\n"
    var sentCount = 0
    while sentCount < 200, (try? client.send(chunk)) != nil { sentCount += 1 }
    #expect(sentCount < 200)
    #expect(eventually { server.connectionCount == 0 })
  }

  @Test(arguments: [true, false])
  func noticesAClientThatLeaves(withGoodbye: Bool) throws {
    let shelf = Shelf<HTTPResponder>()
    let server = try HTTPServer(configuration: .make(tls: TestCertificate.first)) { shelf.put($1) }
    var client: TestClient? = try TestClient(port: server.port, tls: tls13)
    try client?.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1")
    let responder = try shelf.take()
    usleep(20_000)
    #expect(responder.isClientConnected)
    if withGoodbye { client?.tls?.sayGoodbye() }
    client = nil
    #expect(eventually { !responder.isClientConnected })
    responder.respond(.text("to nobody"))
    #expect(eventually { server.inFlight == 0 && server.connectionCount == 0 })
  }

  @Test func suspendedConnectionsAreAnsweredLater() throws {
    let shelf = Shelf<HTTPResponder>()
    let server = try HTTPServer(configuration: .make(tls: TestCertificate.first)) { shelf.put($1) }
    let client = try TestClient(port: server.port, tls: tls13)
    for index in 0..<20 {
      // Two requests at once: the second waits inside the session while the first is suspended.
      let request = "GET /\(index) HTTP/1.1\r\nHost: x\r\n\r\n"
      try client.send(request + request)
      for _ in 0..<2 {
        try shelf.take().respond(.text("late"))
        #expect(try client.readResponse().text == "late")
      }
    }
  }

  /// With epoll libmicrohttpd 0.9.75 would spin while it waits for the client's next word.
  @Test func anUnfinishedHandshakeCostsNoTime() async {
    await #expect(processExitsWith: .success) {
      let server = try HTTPServer(configuration: .make(tls: TestCertificate.first), handler: describe)
      let client = try TestClient(port: server.port)
      try client.send([22, 3, 1, 2, 0, 1, 0, 1, 0xFC])
      usleep(50_000)
      let before = processorTime()
      usleep(400_000)
      try #require(processorTime() - before < .milliseconds(100))
      withExtendedLifetime(client) { server.stop() }
    }
  }
}
