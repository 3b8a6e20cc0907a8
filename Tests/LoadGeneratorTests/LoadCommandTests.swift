import Foundation
import FoundationXML
import LoadGenerator
import MicroHTTP
import Synchronization
import TestSupport
import Testing

/// `softmoe load` against a server in this process.
@Suite struct LoadCommandTests {
  /// What a request looked like.
  private struct Seen: Sendable {
    var bodies: Set<[UInt8]> = []
    var key: String?
    var target = ""
  }

  /// Runs the command on a folder with two images.
  private func load(
    _ arguments: [String], threadCount: Int = 2,
    handler: @escaping @Sendable (HTTPRequest, HTTPResponder) -> Void
  ) throws -> LoadReport {
    let server = try HTTPServer(configuration: .init(threadCount: threadCount), handler: handler)
    defer { server.stop() }
    return try withTemporaryFile("one.jpg") { path in
      try Data("first".utf8).write(to: URL(filePath: path))
      let folder = URL(filePath: path).deletingLastPathComponent()
      try Data("second".utf8).write(to: folder.appending(path: "two.png"))
      let output = try Command.succeed(
        ["load", "--url", "http://127.0.0.1:\(server.port)", "--images", folder.path, "--json"] + arguments)
      return try JSONDecoder().decode(LoadReport.self, from: Data(output.utf8))
    }
  }

  @Test func theClosedLoopMeasuresEachConcurrency() throws {
    let seen = Mutex(Seen())
    let report = try load(
      [
        "--concurrency", "1,4", "--seconds", "0.3", "--warmup", "0", "--header", "authorization: Bearer k",
        "--path", "/classify?top_k=2",
      ]
    ) { request, responder in
      seen.withLock {
        $0.bodies.insert(request.body.bytes)
        $0.key = request.headers["Authorization"]
        $0.target = request.path + "?" + request.query.items.map { "\($0.name)=\($0.value)" }.joined()
      }
      var response = HTTPResponse.text("{}")
      response.headers["x-batch-size"] = "3"
      response.headers["Server-Timing"] = "decode;dur=0.5, queue;dur=1, inference;dur=2, total;dur=3.5"
      responder.respond(response)
    }
    #expect(report.levels.map(\.connections) == [1, 4] && report.levels.allSatisfy { $0.rate == nil })
    #expect(report.images == 2 && report.imageBytes == 11 && !report.isInterrupted && report.seed == nil)
    for level in report.levels {
      #expect(level.requests > 0 && level.answers == ["200": level.requests] && level.errors.total == 0)
      #expect(abs(level.answersPerSecond * 0.3 - Double(level.requests)) <= Double(level.connections))
      #expect(level.meanBatchSize == 3)
      #expect(level.serverTiming == ServerStages(decode: 0.5, queue: 1, inference: 2, total: 3.5))
      let latency = try #require(level.latency)
      #expect(latency.p50 <= latency.p90 && latency.p90 <= latency.p99 && latency.p999 <= latency.max)
    }
    seen.withLock {
      #expect($0.bodies == [Array("first".utf8), Array("second".utf8)])
      #expect($0.key == "Bearer k" && $0.target == "/classify?top_k=2")
    }
  }

  /// A server that stands still for 0.3 s: about thirty requests are due meanwhile. Counted from when they
  /// were sent all but one would look fast, since there is one connection alone.
  @Test func theOpenLoopCountsWaitingFromWhenARequestWasDue() throws {
    let count = Mutex(0)
    let report = try load(
      ["--rate", "100", "--connections", "1", "--seconds", "1", "--warmup", "0", "--timeout", "300"]
    ) { _, responder in
      let number = count.withLock {
        $0 += 1
        return $0
      }
      if number == 20 { usleep(300_000) }
      responder.respond(.text("{}"))
    }
    let level = try #require(report.levels.first)
    let latency = try #require(level.latency)
    #expect(level.rate == 100 && level.connections == 1 && report.seed == 1)
    #expect((60...140).contains(level.requests) && level.answers == ["200": level.requests])
    #expect(latency.max >= 300 && latency.p95 > 200 && latency.p90 > 100 && latency.mean > 15)
  }

  @Test func refusalsAreTimedApart() throws {
    let report = try load(["--rate", "300", "--seconds", "0.3", "--warmup", "0"]) { request, responder in
      responder.respond(.text("{}", status: request.body.bytes.count == 5 ? 200 : 503))
    }
    let level = try #require(report.levels.first)
    #expect(level.connections == 64 && abs((level.answers["200"] ?? 0) - (level.answers["503"] ?? 0)) <= 1)
    #expect(level.latency != nil && level.refusalLatency != nil)
  }

  @Test func tableAndChartShowEachLevel() throws {
    let server = try HTTPServer(configuration: .init()) { $1.respond(.text("{}")) }
    defer { server.stop() }
    try withTemporaryFile("one.jpg") { path in
      try Data("photo".utf8).write(to: URL(filePath: path))
      let folder = URL(filePath: path).deletingLastPathComponent().path
      for load in [["--rate", "50,400"], ["--concurrency", "2,3"]] {
        let table = try Command.succeed(
          ["load", "--url", "http://127.0.0.1:\(server.port)", "--path", "/a?b=<&c", "--images", folder]
            + load + ["--seconds", "0.1", "--warmup", "0", "--chart", path + ".svg"])
        for word in ["p99.9", "client processors", "200", "answers/s"] { #expect(table.contains(word)) }
        let chart = try Data(contentsOf: URL(filePath: path + ".svg"))
        #expect(XMLParser(data: chart).parse())
        let text = String(decoding: chart, as: UTF8.self)
        #expect(text.contains("prefers-color-scheme") && text.contains("p95") && text.contains("&lt;&amp;c"))
      }
    }
  }

  @Test func statusTwoIsForWrongOptionsAndOneForNoServer() throws {
    let cases: [([String], String)] = [
      (["--rate", "1", "--concurrency", "1"], "exclude each other"),
      (["--rate", "0"], "--rate: expected numbers from 0.001"),
      (["--concurrency", "1,,2"], "--concurrency: expected numbers from 1 to 4096"),
      (["--connections", "3"], "belong to --rate"), (["--seconds", "0"], "--seconds: expected"),
      (["--url", "https://a"], "--url: expected http://"), (["--header", "x"], "--header: expected"),
    ]
    for (arguments, message) in cases {
      let outcome = try Command.run(["load", "--images", "/nowhere"] + arguments)
      #expect(outcome.status == 2 && outcome.errors.contains(message))
    }
    let outcome = try Command.run("load", "--images", "/nowhere")
    #expect(outcome.status == 1 && outcome.errors.contains("can't list the folder"))
  }

  @Test func aSignalEndsItAndTheMeasuredIsPrinted() throws {
    let count = Mutex(0)
    let server = try HTTPServer(configuration: .init()) { _, responder in
      count.withLock { $0 += 1 }
      responder.respond(.text("{}"))
    }
    defer { server.stop() }
    try withTemporaryFile("one.jpg") { path in
      try Data("photo".utf8).write(to: URL(filePath: path))
      let process = Process()
      process.executableURL = Command.executable
      process.arguments = [
        "load", "--url", "http://127.0.0.1:\(server.port)", "--images",
        URL(filePath: path).deletingLastPathComponent().path, "--concurrency", "1,2", "--warmup", "0",
        "--seconds", "3600", "--json",
      ]
      let output = Pipe()
      process.standardOutput = output
      try process.run()
      try wait(until: "the load has come") { count.withLock { $0 } > 20 }
      process.interrupt()
      let report = try JSONDecoder().decode(
        LoadReport.self, from: output.fileHandleForReading.readDataToEndOfFile())
      process.waitUntilExit()
      #expect(process.terminationStatus == 0 && report.isInterrupted && report.levels.count == 1)
      #expect(report.levels.allSatisfy { $0.requests > 10 && $0.seconds < 3600 })
    }
  }
}
