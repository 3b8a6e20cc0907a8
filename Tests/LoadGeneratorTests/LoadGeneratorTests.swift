import Foundation
import LoadGenerator
import Synchronization
import TestSupport
import Testing

/// The generator against servers that do what no good server does.
@Suite struct LoadGeneratorTests {
  /// Puts load on a scripted server.
  ///
  /// - Parameters:
  ///   - seconds: how long at most, without a warm-up.
  ///   - answers: ends it once the server has answered so often, however long that takes; nil for the time alone.
  private func measure(
    _ level: LoadLevel = .closed(connections: 1), seconds: Double = 0.2, until answers: Int? = nil,
    timeout: Double = 300, ipv6: Bool = false, host: String = "127.0.0.1",
    _ script: @escaping @Sendable (Peer, _ number: Int) -> Void
  ) throws -> (result: LevelResult, connections: Int) {
    let server = try ScriptedServer(ipv6: ipv6, script)
    defer { server.stop() }
    let generator = try generator(
      "http://\(host):\(server.port)", seconds: answers == nil ? seconds : 3600, timeout: timeout)
    let result = try generator.measure(level) { _ in answers.map { server.answerCount < $0 } ?? true }
    return (result, server.acceptedCount)
  }

  private func generator(_ url: String, seconds: Double = 0.2, timeout: Double) throws -> LoadGenerator {
    try withTemporaryFile("a.jpg") { path in
      try Data("photo".utf8).write(to: URL(filePath: path))
      let target = try LoadTarget(url: url, path: "/classify")
      let folder = URL(filePath: path).deletingLastPathComponent().path
      return try LoadGenerator(
        target: target, requests: ImageRequests(folder: folder, target: target),
        timing: LoadTiming(warmup: 0, measured: seconds, timeout: timeout))
    }
  }

  @Test func answersAreCountedAndMeans() throws {
    let (result, connections) = try measure(.closed(connections: 3), until: 100) { peer, number in
      while peer.readRequest() {
        usleep(2000)
        peer.answer(
          number == 2 ? 429 : 200, "x-batch-size: \(number + 1)\r\nServer-Timing: total;dur=\(number).5\r\n")
      }
    }
    let (good, refused) = (result.answers["200"] ?? 0, result.answers["429"] ?? 0)
    #expect(
      connections == 3 && good > 0 && refused > 0 && good + refused > 90 && result.requests == good + refused)
    #expect(result.errors.total == 0 && result.firstError == nil && result.reconnects == 0)
    #expect(abs(result.answersPerSecond * result.seconds - Double(good)) <= 2)
    let (latency, refusal) = (try #require(result.latency), try #require(result.refusalLatency))
    #expect(latency.p50 >= 2 && refusal.p50 >= 2)
    let (batch, total) = (try #require(result.meanBatchSize), try #require(result.serverTiming.total))
    #expect(batch > 1 && batch < 2 && abs(total - (batch - 0.5)) < 1e-9)
    #expect(result.serverTiming.decode == nil)
  }

  @Test func aServerThatClosesBetweenRequestsCostsNoRequest() throws {
    // Once said beforehand, once not.
    let (result, connections) = try measure(until: 40) { peer, number in
      for _ in 0..<4 where peer.readRequest() { peer.answer() }
      if number.isMultiple(of: 2), peer.readRequest() { peer.answer(200, "Connection: close\r\n") }
    }
    #expect(result.errors.total == 0 && (result.answers["200"] ?? 0) > 30)
    #expect(result.reconnects > 3 && abs(connections - 1 - result.reconnects) <= 1)
  }

  @Test func whatOnlyLooksLikeAnAnswerIsAnError() throws {
    let answers: [(String, String)] = [
      ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "closed the connection before the end"),
      ("", "closed the connection before the end"),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "found Transfer-Encoding"),
      ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more", "more bytes than"),
      ("220 mail.example ESMTP\r\n", "expected a line HTTP/1.1"),
    ]
    for (answer, expected) in answers {
      let (result, _) = try measure { peer, _ in
        if peer.readRequest() { peer.write(answer) }
      }
      // A failure is followed by a rest.
      #expect((1...3).contains(result.errors.broken) && result.requests == result.errors.broken)
      #expect(result.answers.isEmpty && result.latency == nil)
      #expect(result.firstError?.contains(expected) == true)
    }
  }

  @Test func interimAnswersArePassedOver() throws {
    let (result, _) = try measure { peer, _ in
      while peer.readRequest() {
        peer.write("HTTP/1.1 100 Continue\r\n\r\n")
        usleep(1000)
        peer.answer()
      }
    }
    #expect(result.answers.keys.sorted() == ["200"] && result.errors.total == 0)
  }

  @Test(.timeLimit(.minutes(5))) func aSilentServerMeetsTheTimeLimit() throws {
    let (result, _) = try measure(.open(rate: 50, connections: 2, seed: 1), timeout: 0.1) { peer, _ in
      while peer.readRequest() {}
    }
    #expect(result.errors.timeout == result.requests && result.requests > 2)
  }

  @Test func namesAndIPv6AreFound() throws {
    let serve: @Sendable (Peer, Int) -> Void = { peer, _ in
      while peer.readRequest() { peer.answer() }
    }
    #expect(try measure(host: "localhost", serve).result.requests > 0)
    #expect(try measure(ipv6: true, host: "[::1]", serve).result.requests > 0)
  }

  /// The second request says that the first one's answer has come; it gets none itself, and counts nowhere.
  @Test(.timeLimit(.minutes(5))) func theObserverEndsIt() throws {
    let hasAskedAgain = Atomic(false)
    let server = try ScriptedServer { peer, _ in
      if peer.readRequest() { peer.answer() }
      if peer.readRequest() { hasAskedAgain.store(true, ordering: .relaxed) }
      _ = peer.readRequest()
    }
    defer { server.stop() }
    let generator = try generator("http://127.0.0.1:\(server.port)", seconds: 3600, timeout: 3600)
    let result = try generator.measure(.closed(connections: 1)) { _ in !hasAskedAgain.load(ordering: .relaxed)
    }
    #expect(result.requests == 1 && result.answers == ["200": 1] && result.seconds < 3600)
  }

  @Test func nobodyThereIsAnError() throws {
    let server = try ScriptedServer { _, _ in }
    server.stop()
    let error = try #require(throws: LoadError.self) {
      try generator("http://127.0.0.1:\(server.port)", timeout: 1)
    }
    #expect(error.description == "no server answers on 127.0.0.1, port \(server.port): Connection refused")
  }
}
