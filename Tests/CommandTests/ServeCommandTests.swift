import Checkpoint
import Dispatch
import Foundation
import Synchronization
import TestSupport
import Testing

/// The server as a process: signals, files, wrong options.
@Suite struct ServeCommandTests {
  private let photo = packageRoot.appending(path: "models/samples/cat.jpg")
  private let model = packageRoot.appending(path: "models/cifar10-softmoe.smoe").path

  private func body() throws -> [UInt8] { [UInt8](try Data(contentsOf: photo)) }

  @Test func aSignalFinishesWhatWasAcceptedAndEndsWithZero() throws {
    let server = try ServeProcess()
    try server.waitUntilReady()
    let (image, port) = (try body(), server.port)
    let statuses = Mutex<[Int]>([])
    let group = DispatchGroup()
    for _ in 0..<4 {
      group.enter()
      Thread.detachNewThread {
        defer { group.leave() }
        guard let client = try? TestClient(port: port) else { return }
        while let response = try? client.request("POST", "/classify", body: image) {
          statuses.withLock { $0.append(response.status) }
          if response.headers["connection"] == "close" { return }
        }
      }
    }
    try wait(until: "requests are answered") { statuses.withLock { $0.count } > 10 }
    server.send(SIGTERM)
    #expect(server.wait() == 0)
    group.wait()
    let found = statuses.withLock { $0 }
    #expect(found.count > 10 && Set(found).isSubset(of: [200, 503]))
    #expect(server.logged.contains("stopped"))
  }

  @Test func theDrainDelayServesOnWhileReadinessFails() throws {
    let server = try ServeProcess(["--drain-delay", "3600"])
    try server.waitUntilReady()
    server.send(SIGTERM)
    try server.wait(forLog: "/readyz fails")
    #expect(try TestClient(port: server.adminPort).request("GET", "/readyz").status == 503)
    #expect(try TestClient(port: server.adminPort).request("GET", "/livez").status == 200)
    #expect(try TestClient(port: server.port).request("POST", "/classify", body: body()).status == 200)
    // A second one ends at once.
    server.send(SIGTERM)
    #expect(server.wait() == 128 + SIGTERM)
    #expect(server.logged.contains("a second signal"))
  }

  @Test func theDrainDelayEnds() throws {
    let server = try ServeProcess(["--drain-delay", "0.2"])
    try server.waitUntilReady()
    server.send(SIGTERM)
    #expect(server.wait() == 0)
    #expect(server.logged.contains("/readyz fails"))
  }

  /// Nothing is written while serving, so nothing has to be repaired.
  @Test func aKilledServerServesAgain() throws {
    let image = try body()
    for _ in 0..<3 {
      let server = try ServeProcess()
      try server.waitUntilReady()
      #expect(try TestClient(port: server.port).request("POST", "/classify", body: image).status == 200)
      let client = try TestClient(port: server.port)
      client.send(
        Array("POST /classify HTTP/1.1\r\nHost: x\r\nContent-Length: \(image.count)\r\n\r\n".utf8) + image)
      server.send(SIGKILL)
      #expect(server.wait() == -SIGKILL)
    }
  }

  @Test func keysAreReadAgainAtHangup() throws {
    try withTemporaryFile("keys") { path in
      try "first-key-of-ours\n".write(toFile: path, atomically: true, encoding: .utf8)
      let server = try ServeProcess(["--api-keys", path, "--log-format", "json", "--log-level", "trace"])
      try server.waitUntilReady()
      func status(_ key: String) throws -> Int {
        try TestClient(port: server.port).request("GET", "/info", headers: ["x-api-key: \(key)"]).status
      }
      #expect(try status("first-key-of-ours") == 200 && status("second-key-of-ours") == 401)
      try "second-key-of-ours\n".write(toFile: path, atomically: true, encoding: .utf8)
      server.send(SIGHUP)
      try server.wait(forLog: "reloaded")
      #expect(try status("first-key-of-ours") == 401 && status("second-key-of-ours") == 200)
      // A file that can't be used changes nothing.
      try "short\n".write(toFile: path, atomically: true, encoding: .utf8)
      server.send(SIGHUP)
      try server.wait(forLog: "the file of API keys stays")
      #expect(try status("second-key-of-ours") == 200)
      server.send(SIGTERM)
      #expect(server.wait() == 0)
      #expect(!server.logged.contains("key-of-ours"))
      for line in server.logged.split(separator: "\n") {
        let fields = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
        #expect(fields["level"] != nil && fields["message"] != nil && fields["time"]?.count == 24)
      }
    }
  }

  @Test func wrongOptionsEndWithTwoAndSayWhatIsWrong() throws {
    try withTemporaryFile("softmoe.yaml") { path in
      func refused(_ yaml: String, _ arguments: [String] = [], saying text: String) throws {
        try yaml.write(toFile: path, atomically: true, encoding: .utf8)
        let outcome = try Command.run(["serve", "--config", path, "--print-config"] + arguments)
        #expect(outcome.status == 2 && outcome.errors.contains(text), "\(outcome.errors)")
      }
      try refused("model: m\nmax_batch: 3\n", saying: "line 2: unknown option 'max_batch'")
      try refused("model: m\nmax-batch: many\n", saying: "many")
      try refused("model: m\nmax-batch: [1, 2]\n", saying: "expected one value for 'max-batch'")
      try refused("- model\n", saying: "expected a mapping")
      try refused("model: 'm\n", saying: "expected YAML")
      try refused("model: m\nport: 99999\n", saying: "--port: expected 0 to 65535, found 99999")
      try refused("model: m\nadmin-port: 8080\n", saying: "--admin-port: expected another port")
      try refused("model: m\nui: perhaps\n", saying: "perhaps")
      try refused("model: m\nexpert-metrics: all\n", saying: "off")
      try refused("model: m\nmax-queue: 8\n", saying: "--max-images-per-request")
      try refused("model: m\nadmin-port: none\nprobes-on-main-port: false\n", saying: "nobody could ask")
      try refused("", saying: "--model")
      #expect(try Command.run(["serve", "--config", path + ".none"]).status == 2)
    }
  }

  @Test func theFileIsTheWeakestAndTheCommandLineTheStrongest() throws {
    try withTemporaryFile("softmoe.yaml") { path in
      let yaml =
        "model: a b.smoe\nmax-batch: 7 # few\nprobes-on-main-port: false\nrequest-timeout: 2.5\nui: false\n"
      try yaml.write(toFile: path, atomically: true, encoding: .utf8)
      let shown = try Command.succeed(["serve", "--config", path, "--max-batch", "9", "--print-config"])
      let lines = shown.split(separator: "\n")
      for line in [
        "model: 'a b.smoe'", "max-batch: 9", "probes-on-main-port: false", "request-timeout: 2.5",
        "ui: false",
      ] {
        #expect(lines.contains { $0 == line }, "\(line)")
      }
      #expect(
        try Command.succeed(["serve", "--config", path, "--ui", "--print-config"]).contains("ui: true"))
      // What it prints is such a file.
      try shown.write(toFile: path, atomically: true, encoding: .utf8)
      #expect(try Command.succeed(["serve", "--config", path, "--print-config"]) == shown)
    }
  }

  @Test func theHealthcheckSaysOneWhereNobodyAnswers() throws {
    let server = try ServeProcess()
    try server.waitUntilReady()
    let ask = ["healthcheck", "--admin-port", "none", "--port", "\(server.port)"]
    #expect(try Command.run(ask).status == 0)
    server.send(SIGTERM)
    #expect(server.wait() == 0)
    let outcome = try Command.run(ask)
    #expect(outcome.status == 1 && outcome.errors.contains("no server answers on port \(server.port)"))
    #expect(!outcome.errors.contains("Usage"))
  }

  @Test func aModelThatCannotBeOpenedEndsTheServer() throws {
    let outcome = try Command.run(["serve", "--model", "/nowhere.smoe", "--port", "0", "--admin-port", "0"])
    #expect(outcome.status == 1 && outcome.errors.contains("/nowhere.smoe"))
  }

  /// A weight is damaged that the header's checksum does not cover.
  @Test func aFailedProofLeavesTheServerUpAndNotReady() throws {
    try withTemporaryFile("model.smoe") { path in
      var bytes = try Data(contentsOf: URL(filePath: model))
      let bias = try Checkpoint(path: model).tensor("head/bias", shape: [10])
      bytes.replaceSubrange(bias.offset + 3..<bias.offset + 4, with: [0x45])
      try bytes.write(to: URL(filePath: path))
      let server = try ServeProcess(["--model", path])
      try server.wait(forLog: "self-proof failed")
      #expect(try TestClient(port: server.adminPort).request("GET", "/livez").status == 200)
      #expect(try TestClient(port: server.adminPort).request("GET", "/readyz").status == 503)
      #expect(try TestClient(port: server.port).request("POST", "/classify", body: body()).status == 503)
      server.send(SIGTERM)
      #expect(server.wait() == 0)
    }
  }
}
