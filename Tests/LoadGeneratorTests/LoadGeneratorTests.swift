import Foundation
import LoadGenerator
import TestSupport
import Testing

/// The generator against servers that do what no good server does.
@Suite struct LoadGeneratorTests {
  /// Puts load on a scripted server, 0.2 s without a warm-up.
  private func measure(
    _ level: LoadLevel = .closed(connections: 1), timeout: Double = 5, ipv6: Bool = false,
    host: String = "127.0.0.1", observe: (Double) -> Bool = { _ in true },
    _ script: @escaping @Sendable (Peer, _ number: Int) -> Void
  ) throws -> (result: LevelResult, connections: Int) {
    let server = try ScriptedServer(ipv6: ipv6, script)
    defer { server.stop() }
    let generator = try generator("http://\(host):\(server.port)", timeout: timeout)
    return (try generator.measure(level, observe: observe), server.acceptedCount)
  }

  private func generator(_ url: String, timeout: Double) throws -> LoadGenerator {
    try withTemporaryFile("a.jpg") { path in
      try Data("photo".utf8).write(to: URL(filePath: path))
      let target = try LoadTarget(url: url, path: "/classify")
      let folder = URL(filePath: path).deletingLastPathComponent().path
      return try LoadGenerator(
        target: target, requests: ImageRequests(folder: folder, target: target),
        timing: LoadTiming(warmup: 0, measured: 0.2, timeout: timeout))
    }
  }

  @Test func answersAreCountedAndMeans() throws {
    let (result, connections) = try measure(.closed(connections: 3)) { peer, number in
      while peer.readRequest() {
        usleep(2000)
        peer.answer(
          number == 2 ? 429 : 200, "x-batch-size: \(number + 1)\r\nServer-Timing: total;dur=\(number).5\r\n")
      }
    }
    let (good, refused) = (result.answers["200"] ?? 0, result.answers["429"] ?? 0)
    #expect(connections == 3 && good > 20 && refused > 10 && result.requests == good + refused)
    #expect(result.errors.total == 0 && result.firstError == nil && result.reconnects == 0)
    #expect(abs(result.answersPerSecond * 0.2 - Double(good)) <= 2)
    let (latency, refusal) = (try #require(result.latency), try #require(result.refusalLatency))
    #expect(latency.p50 >= 2 && latency.p50 < 50 && refusal.p50 >= 2)
    let (batch, total) = (try #require(result.meanBatchSize), try #require(result.serverTiming.total))
    #expect(batch > 1 && batch < 2 && abs(total - (batch - 0.5)) < 1e-9)
    #expect(result.serverTiming.decode == nil)
  }

  @Test func aServerThatClosesBetweenRequestsCostsNoRequest() throws {
    // Once said beforehand, once not.
    let (result, connections) = try measure { peer, number in
      for _ in 0..<4 where peer.readRequest() { peer.answer() }
      if number.isMultiple(of: 2), peer.readRequest() { peer.answer(200, "Connection: close\r\n") }
    }
    #expect(result.errors.total == 0 && (result.answers["200"] ?? 0) > 20)
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

  @Test(.timeLimit(.minutes(1))) func aSilentServerMeetsTheTimeLimit() throws {
    let begin = ContinuousClock.now
    let (result, _) = try measure(.open(rate: 50, connections: 2, seed: 1), timeout: 0.1) { peer, _ in
      _ = peer.readRequest()
      sleep(10)
    }
    #expect(ContinuousClock.now - begin < .seconds(5))
    #expect(result.errors.timeout == result.requests && result.requests > 2)
  }

  @Test func namesAndIPv6AreFound() throws {
    let serve: @Sendable (Peer, Int) -> Void = { peer, _ in
      while peer.readRequest() { peer.answer() }
    }
    #expect(try measure(host: "localhost", serve).result.requests > 0)
    #expect(try measure(ipv6: true, host: "[::1]", serve).result.requests > 0)
  }

  @Test func theObserverEndsIt() throws {
    let begin = ContinuousClock.now
    let (result, _) = try measure(observe: { $0 < 0.5 }) { peer, _ in
      if peer.readRequest() { peer.answer() }
      _ = peer.readRequest()
      sleep(10)
    }
    #expect(ContinuousClock.now - begin < .seconds(2))
    #expect(result.requests == 1 && result.seconds > 0.09 && result.seconds <= 0.2)
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
