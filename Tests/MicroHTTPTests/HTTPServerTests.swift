import MicroHTTP
import Testing

@Suite struct HTTPServerTests {
  @Test func getWithQueryAndPercentDecoding() throws {
    let server = try HTTPServer(configuration: .make(), handler: describe)
    let client = try TestClient(port: server.port)
    let response = try client.request("GET", "/caf%C3%A9/a%20b?top_k=5&name=x%26y&flag&sum=1+2")
    #expect(response.status == 200)
    #expect(response.text == "GET /café/a b\ntop_k=5\nname=x&y\nflag=\nsum=1 2\n0 0")
    #expect(response.headers["date"] != nil)
    #expect(response.headers["Content-Type"] == "text/plain; charset=utf-8")
  }

  @Test func postsThreeMegabytes() throws {
    let server = try HTTPServer(configuration: .make(), handler: describe)
    let client = try TestClient(port: server.port)
    let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let response = try client.request("POST", "/", body: body)
    #expect(response.text == "POST /\n3000000 \(body.reduce(0) { $0 &+ Int($1) })")
  }

  @Test func returnsTheBodyUnchanged() throws {
    let server = try HTTPServer(configuration: .make()) { request, responder in
      responder.respond(.bytes(request.body.bytes, contentType: "application/octet-stream"))
    }
    let body = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* $0 &+ 7) }
    #expect(try TestClient(port: server.port).request("PUT", "/x", body: body).body == body)
  }

  @Test func chunkedBodyInPiecesOfOneByte() throws {
    let server = try HTTPServer(configuration: .make(), handler: describe)
    let client = try TestClient(port: server.port)
    try client.send("POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    for byte in Array("1\r\na\r\n1\r\nb\r\n2;ext=1\r\ncd\r\n0\r\n\r\n".utf8) { try client.send([byte]) }
    #expect(try client.readResponse().text == "POST /c\n4 \(97 + 98 + 99 + 100)")
  }

  @Test func manySmallChunksInOneSegment() throws {
    let server = try HTTPServer(configuration: .make(), handler: describe)
    let client = try TestClient(port: server.port)
    let chunks = String(repeating: "1\r\na\r\n", count: 20_000)
    try client.send("POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\(chunks)0\r\n\r\n")
    #expect(try client.readResponse().text == "POST /c\n20000 \(20_000 * 97)")
  }

  @Test func keepsTheConnectionAlive() throws {
    let server = try HTTPServer(configuration: .make(), handler: describe)
    let client = try TestClient(port: server.port)
    for index in 0..<50 {
      #expect(try client.request("GET", "/\(index)").text == "GET /\(index)\n0 0")
    }
    #expect(server.connectionCount == 1)
  }

  @Test func answersPipelinedRequestsInOrder() throws {
    let server = try HTTPServer(configuration: .make(), handler: describe)
    let client = try TestClient(port: server.port)
    var requests = ""
    for index in 0..<20 {
      requests += "POST /\(index) HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok"
    }
    try client.send(requests)
    for index in 0..<20 {
      #expect(try client.readResponse().text == "POST /\(index)\n2 \(111 + 107)")
    }
  }

  @Test func answersHTTP10AndCloses() throws {
    let server = try HTTPServer(configuration: .make(), handler: describe)
    let client = try TestClient(port: server.port)
    try client.send("GET /old HTTP/1.0\r\n\r\n")
    #expect(try client.readResponse().text == "GET /old\n0 0")
    #expect(client.isClosedByServer())
  }

  @Test func headHasTheLengthAndNoBody() throws {
    let server = try HTTPServer(configuration: .make(), handler: describe)
    let client = try TestClient(port: server.port)
    let head = try client.request("HEAD", "/h")
    #expect(head.headers["Content-Length"] == "\("HEAD /h\n0 0".utf8.count)")
    // Had a body been sent, it would be taken for the next response's header.
    #expect(try client.request("GET", "/g").text == "GET /g\n0 0")
  }

  @Test(arguments: ["OPTIONS", "TRACE", "BREW", "get"])
  func passesOnUnusualMethods(_ method: String) throws {
    let server = try HTTPServer(configuration: .make(), handler: describe)
    #expect(try TestClient(port: server.port).request(method, "/").text == "\(method) /\n0 0")
  }

  @Test func headersAddressAndArrivalReachTheHandler() throws {
    let before = ContinuousClock.now
    let server = try HTTPServer(configuration: .make()) { request, responder in
      let tags = request.headers.values(of: "X-Tag").joined(separator: ",")
      let isTimely = request.arrival >= before && request.arrival <= .now
      responder.respond(.text("\(tags) \(request.remoteAddress) \(isTimely)"))
    }
    let response = try TestClient(port: server.port).request(
      "GET", "/", headers: ["x-tag: one", "X-TAG:  two", "Empty:"])
    #expect(response.text == "one,two 127.0.0.1 true")
  }

  @Test func sendsHeadersAndLeavesOutUnsafeOnes() throws {
    let server = try HTTPServer(configuration: .make()) { _, responder in
      responder.respond(
        HTTPResponse(
          status: 429, headers: ["Retry-After": "3", "x-id": "a\r\nSet-Cookie: b", "Bad Name": "1"]))
    }
    let response = try TestClient(port: server.port).request("GET", "/")
    #expect(response.status == 429 && response.body.isEmpty)
    #expect(response.headers["Retry-After"] == "3")
    #expect(response.headers["x-id"] == nil && response.headers["Set-Cookie"] == nil)
  }

  @Test func manyHeadersArePassedOnOrRefused() throws {
    let server = try HTTPServer(configuration: .make(), handler: describe)
    let few = (0..<200).map { "X-\($0): \($0)" }
    #expect(try TestClient(port: server.port).request("GET", "/", headers: few).status == 200)
    let many = (0..<1000).map { "X-\($0): \(String(repeating: "v", count: 64))" }
    #expect(try TestClient(port: server.port).request("GET", "/", headers: many).status == 431)
    let longTarget = "/" + String(repeating: "a", count: 64 << 10)
    #expect(try TestClient(port: server.port).request("GET", longTarget).status == 414)
  }
}
