import Glibc
import MicroHTTP
import Testing

/// Bodies within a server's byte budget.
@Suite struct BudgetTests {
  private static let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: "

  @Test func aBodyCountsFromItsHeadUntilItsLastReferenceIsGone() throws {
    let budget = ByteBudget(capacity: 1000)
    let shelf = Shelf<(HTTPRequest, HTTPResponder)>()
    let server = try HTTPServer(configuration: .make(bodyLimit: 500, byteBudget: budget)) {
      shelf.put(($0, $1))
    }
    let client = try TestClient(port: server.port)
    try client.send("\(Self.head)300\r\n\r\n")
    #expect(eventually { budget.used == 300 })
    try client.send([UInt8](repeating: 1, count: 300))
    var kept: HTTPBody?
    do {
      let (request, responder) = try shelf.take()
      #expect(budget.used == 300 && request.body.bytes.count == 300)
      kept = request.body
      responder.respond(.text("thanks"))
    }
    #expect(try client.readResponse().text == "thanks")
    #expect(budget.used == 300)
    withExtendedLifetime(kept) {}
    kept = nil
    #expect(eventually { budget.used == 0 })
  }

  @Test func aBodyThatDoesNotFitIsRefusedBeforeItIsRead() throws {
    let budget = ByteBudget(capacity: 1000)
    let server = try HTTPServer(configuration: .make(bodyLimit: 500, byteBudget: budget), handler: describe)
    let first = try TestClient(port: server.port)
    try first.send("\(Self.head)500\r\n\r\n")
    #expect(eventually { budget.used == 500 })
    let second = try TestClient(port: server.port)
    try second.send("\(Self.head)251\r\nExpect: 100-continue\r\n\r\n")
    let answer = try second.readToEnd()
    #expect(answer.hasPrefix("HTTP/1.1 503 ") && answer.hasSuffix("refused: overloaded"))
    #expect(answer.contains("Retry-After: 1\r\n"))
    let small = try TestClient(port: server.port)
    #expect(try small.request("POST", "/", body: Array(repeating: 1, count: 250)).status == 200)
    #expect(eventually { budget.used == 500 })
    try first.send([UInt8](repeating: 2, count: 500))
    #expect(try first.readResponse().text == "POST /\n500 1000")
    #expect(eventually { budget.used == 0 })
  }

  @Test(arguments: ["Content-Length: 300\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"])
  func aClientThatLeavesGivesItsBytesBack(_ rest: String) throws {
    let budget = ByteBudget(capacity: 1 << 20)
    let server = try HTTPServer(configuration: .make(bodyLimit: 4096, byteBudget: budget), handler: describe)
    for _ in 0..<10 {
      let client = try TestClient(port: server.port)
      try client.send("POST / HTTP/1.1\r\nHost: x\r\n\(rest)")
      #expect(eventually { budget.used > 0 })
    }
    #expect(eventually { budget.used == 0 && server.connectionCount == 0 })
  }

  @Test func aChunkedBodyWithoutRoomIsRefusedAtItsEnd() throws {
    let budget = ByteBudget(capacity: 200_000)
    let server = try HTTPServer(
      configuration: .make(bodyLimit: 100_000, byteBudget: budget), handler: describe)
    let other = budget.reserve(66_000)
    let client = try TestClient(port: server.port)
    try client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in 0..<9 { try client.send("2710\r\n\(String(repeating: "a", count: 10_000))\r\n") }
    try client.send("0\r\n\r\n")
    let response = try client.readResponse()
    #expect(response.status == 503 && response.text == "refused: overloaded")
    #expect(budget.used == 66_000)
    withExtendedLifetime(other) {}
    #expect(try client.request("POST", "/", body: [1]).text == "POST /\n1 1")
  }

  /// Clients that send all but one byte of the largest body and wait; a good one gets its turn.
  @Test func bodiesThatStandStillMakeRoom() throws {
    let budget = ByteBudget(capacity: 100_000)
    let server = try HTTPServer(
      configuration: .make(bodyLimit: 50_000, byteBudget: budget), handler: describe)
    let stalled = try (0..<20).map { _ in
      let client = try TestClient(port: server.port)
      try client.send("\(Self.head)50000\r\n\r\n")
      try? client.send([UInt8](repeating: 1, count: 49_999))
      return client
    }
    #expect(eventually { budget.used == 50_000 })
    var smaller: [TestClient] = []
    for (count, used) in [(25_000, 75_000), (12_000, 87_000), (6000, 93_000)] {
      smaller.append(try TestClient(port: server.port))
      try smaller.last?.send("\(Self.head)\(count)\r\n\r\n")
      #expect(eventually { budget.used == used })
    }
    #expect(eventually { budget.used <= 50_000 })
    let good = try TestClient(port: server.port)
    #expect(try good.request("POST", "/", body: Array(repeating: 1, count: 25_000)).status == 200)
    // The longest was cut first: the one that had got all but a byte in.
    #expect(server.refusedConnectionCount(.stalled) >= 1)
    #expect(
      stalled.contains { client in
        guard let response = try? client.readResponse() else { return false }
        return response.status == 408 && response.text == "refused: request_timeout"
      })
    withExtendedLifetime(smaller) {}
  }

  @Test func aBudgetMustHoldTwoBodies() {
    #expect(throws: HTTPServerError.self) {
      try HTTPServer(
        configuration: .make(bodyLimit: 501, byteBudget: ByteBudget(capacity: 1000)), handler: describe)
    }
  }

  @Test func whatConnectionsTakeIsStated() throws {
    let plain = HTTPServer.Configuration.make(threadCount: 2, connectionLimit: 10, bodyLimit: 1000)
    #expect(plain.connectionByteCount == 10 * (40 << 10) + 1000)
    let server = try HTTPServer(configuration: plain, handler: describe)
    #expect(server.connectionByteCount == plain.connectionByteCount)
  }
}
