import Glibc
import MicroHTTP
import Testing

@Suite struct StopUnderLoadTests {
  /// Servers stop again and again under clients that keep asking: none may abort the process or keep a client
  /// waiting, and no answer may be cut.
  @Test func stopsUnderLoad() throws {
    for round in 0..<12 {
      let answerers = Shelf<HTTPResponder>()
      let isOver = Flag()
      let server = try HTTPServer(configuration: .make(threadCount: 2)) { request, responder in
        if request.path == "/later" { answerers.put(responder) } else { responder.respond(.text("now")) }
      }
      let port = server.port
      let answerer = TestThread {
        while !isOver.isSet {
          if let responder = answerers.takeNow() { responder.respond(.text("later")) } else { usleep(100) }
        }
      }
      let clients = (0..<4).map { index in
        TestThread {
          let path = (index + round).isMultiple(of: 2) ? "/later" : "/now"
          for _ in 0..<2000 {
            guard let client = try? TestClient(port: port) else { return }
            while let response = try? client.request("GET", path) {
              #expect([200, 503].contains(response.status))
              if response.headers["Connection"] == "close" { break }
            }
          }
        }
      }
      usleep(10_000)
      server.stop()
      isOver.set()
      for thread in clients + [answerer] { thread.join() }
      #expect(server.connectionCount == 0 && server.inFlight == 0)
    }
  }

  /// Thirty servers come and go, with clients amid everything that a client can be amid.
  @Test(arguments: [nil, TestCertificate.first])
  func startsAndStopsAgainAndAgain(_ tls: HTTPServer.TLS?) throws {
    let priorities = tls == nil ? nil : "NORMAL"
    let cycles = (0..<3).map { _ in
      TestThread {
        for cycle in 0..<10 {
          do {
            let shelf = Shelf<HTTPResponder>()
            let server = try HTTPServer(configuration: .make(tls: tls)) { shelf.put($1) }
            let silent = try TestClient(port: server.port)
            let waiting = try (0..<4).map { _ in try TestClient(port: server.port, tls: priorities) }
            for client in waiting { try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n") }
            let responders = try waiting.map { _ in try shelf.take() }
            let stopping = TestThread { server.stop() }
            if cycle.isMultiple(of: 2) { usleep(20_000) }
            for responder in responders { responder.respond(.text("late")) }
            for client in waiting { #expect(try client.readResponse().text == "late") }
            stopping.join()
            #expect(server.connectionCount == 0 && server.inFlight == 0)
            #expect(silent.isClosedByServer())
          } catch {
            Issue.record(error)
          }
        }
      }
    }
    for thread in cycles { thread.join() }
  }
}
