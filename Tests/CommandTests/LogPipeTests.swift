import Foundation
import TestSupport
import Testing

/// The server writes its log into a pipe whose reader stands still or dies.
@Suite struct LogPipeTests {
  private struct Ended: Error { let description: String }

  /// A server whose log this process reads, as far as it wants to.
  private final class Server {
    let process = Process()
    let log = Pipe()
    private(set) var port = 0

    init(_ arguments: [String]) throws {
      // Whatever this process does at SIGPIPE, the server begins as a shell would start it.
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.arguments =
        [
          "--default-signal=PIPE", Command.executable.path, "serve", "--port", "0", "--admin-port", "none",
          "--log-level", "trace",
        ]
        + ["--model", packageRoot.appending(path: "models/cifar10-softmoe.smoe").path] + arguments
      process.standardError = log
      try process.run()
      var text = ""
      while !text.contains("serving") {
        let data = log.fileHandleForReading.availableData
        if data.isEmpty { throw Ended(description: text) }
        text += String(decoding: data, as: UTF8.self)
      }
      let words = text.split(separator: "listening on http://127.0.0.1:").last ?? ""
      port = Int(words.prefix { $0.isNumber }) ?? 0
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    /// - Returns: the status, negative for a signal.
    func end() -> Int32 {
      process.terminate()
      process.waitUntilExit()
      return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }
  }

  /// More than pipe and buffer hold, a line a request.
  private func ask(_ port: Int) throws {
    let client = try TestClient(port: port)
    for _ in 0..<12_000 {
      try #require(try client.request("GET", "/livez").status == 200)
    }
  }

  @Test func aReaderThatStandsStillStopsNobody() throws {
    let server = try Server([])
    try ask(server.port)
    #expect(try TestClient(port: server.port).request("GET", "/readyz").status == 200)
    #expect(server.end() == 0)
  }

  @Test func aReaderThatDiesStopsNobody() throws {
    let server = try Server(["--log-format", "json"])
    try server.log.fileHandleForReading.close()
    try ask(server.port)
    #expect(server.end() == 0)
  }
}
