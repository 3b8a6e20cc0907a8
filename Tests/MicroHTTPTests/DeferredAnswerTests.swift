import Glibc
import MicroHTTP
import Synchronization
import Testing

@Suite struct DeferredAnswerTests {
  @Test func answersFromAnotherThread() throws {
    let shelf = Shelf<(HTTPRequest, HTTPResponder)>()
    let server = try HTTPServer(configuration: .make()) { shelf.put(($0, $1)) }
    let client = try TestClient(port: server.port)
    for index in 0..<20 {
      try client.send("GET /\(index) HTTP/1.1\r\nHost: x\r\n\r\n")
      let (request, responder) = try shelf.take()
      #expect(server.inFlight == 1)
      TestThread {
        responder.respond(.text("late \(request.path)"))
      }.join()
      #expect(try client.readResponse().text == "late /\(index)")
    }
    #expect(eventually { server.inFlight == 0 })
  }

  @Test func onlyTheFirstAnswerCounts() throws {
    let outcomes = Mutex<[Bool]>([])
    let server = try HTTPServer(configuration: .make()) { _, responder in
      for text in ["first", "second"] {
        let isFirst = responder.respond(.text(text))
        outcomes.withLock { $0.append(isFirst) }
      }
    }
    #expect(try TestClient(port: server.port).request("GET", "/").text == "first")
    #expect(outcomes.withLock { $0 } == [true, false])
  }

  @Test func racingAnswersSendExactlyOne() throws {
    let shelf = Shelf<HTTPResponder>()
    let server = try HTTPServer(configuration: .make()) { shelf.put($1) }
    let client = try TestClient(port: server.port)
    for _ in 0..<100 {
      try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
      let responder = try shelf.take()
      let counter = Counter()
      let threads = (0..<4).map { index in
        TestThread { if responder.respond(.text("\(index)")) { counter.increment() } }
      }
      for thread in threads { thread.join() }
      #expect(counter.value == 1)
      #expect(try client.readResponse().status == 200)
    }
  }

  @Test func droppedResponderAnswers500() throws {
    let shelf = Shelf<HTTPResponder>()
    let server = try HTTPServer(configuration: .make()) { request, responder in
      if request.path == "/later" { shelf.put(responder) }
    }
    let client = try TestClient(port: server.port)
    let dropped = try client.request("GET", "/now")
    #expect(dropped.status == 500 && dropped.text == "refused: internal")
    try client.send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n")
    _ = try shelf.take()
    #expect(try client.readResponse().status == 500)
  }

  @Test func noticesAClientThatLeaves() throws {
    let shelf = Shelf<HTTPResponder>()
    let server = try HTTPServer(configuration: .make()) { shelf.put($1) }
    var client: TestClient? = try TestClient(port: server.port)
    try client?.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1")
    let responder = try shelf.take()
    usleep(20_000)
    #expect(responder.isClientConnected)
    client = nil
    #expect(eventually { !responder.isClientConnected })
    #expect(responder.respond(.text("to nobody")))
    #expect(!responder.isClientConnected)
    #expect(eventually { server.inFlight == 0 && server.connectionCount == 0 })

    let next = try TestClient(port: server.port)
    try next.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    try shelf.take().respond(.text("alive"))
    #expect(try next.readResponse().text == "alive")
  }

  @Test func answeredRequestsWaitForNoClient() throws {
    let shelf = Shelf<HTTPResponder>()
    let server = try HTTPServer(configuration: .make()) { _, responder in
      responder.respond(.text("done"))
      shelf.put(responder)
    }
    let client = try TestClient(port: server.port)
    #expect(try client.request("GET", "/").text == "done")
    #expect(try !shelf.take().isClientConnected)
  }

  @Test func twoHundredClientsEachGetTheirOwnAnswer() throws {
    let shelf = Shelf<(HTTPRequest, HTTPResponder)>()
    let server = try HTTPServer(configuration: .make(threadCount: 4)) { shelf.put(($0, $1)) }
    let clients = try (0..<200).map { _ in try TestClient(port: server.port) }
    for (index, client) in clients.enumerated() {
      let body = "body \(index)"
      try client.send(
        "POST /\(index) HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }
    var waiting: [(HTTPRequest, HTTPResponder)] = []
    for _ in clients { waiting.append(try shelf.take()) }
    #expect(server.inFlight == 200)
    for (request, responder) in waiting.reversed() {
      responder.respond(.text("\(request.path) \(String(decoding: request.body.bytes, as: UTF8.self))"))
    }
    for (index, client) in clients.enumerated() {
      #expect(try client.readResponse().text == "/\(index) body \(index)")
    }
  }
}
