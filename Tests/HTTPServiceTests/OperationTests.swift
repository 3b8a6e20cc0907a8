import Dispatch
import Foundation
import HTTPService
import Inference
import Synchronization
import TestSupport
import Testing

/// What an operator does with a running service, and what its probes say.
@Suite struct OperationTests {
  private let model = packageRoot.appending(path: "models/cifar10-softmoe.smoe").path
  private let other = packageRoot.appending(path: "Tests/CommandTests/Fixtures/soft_moe.smoe").path

  @Test func beforeItsModelTheServiceIsAliveAndNotReady() throws {
    let running = try RunningService(isLoaded: false)
    defer { running.stop() }
    let photo = try bytes("models/samples/cat.jpg")
    for target in ["/readyz", "/health", "/info"] {
      #expect(try running.client().request("GET", target).status == 503)
    }
    #expect(try running.client().request("POST", "/classify", body: photo).status == 503)
    #expect(try running.client().request("GET", "/livez").status == 200)
    #expect(try running.metrics()["softmoe_ready"] == 0)
    try running.service.load()
    #expect(try running.client().request("GET", "/readyz").status == 200)
    #expect(try running.client().request("POST", "/classify", body: photo).status == 200)
    #expect(try running.metrics()["softmoe_ready"] == 1)
  }

  @Test func eachPortHasItsRoutes() throws {
    let running = try RunningService { $0.hasProbesOnMainPort = false }
    defer { running.stop() }
    for target in ["/livez", "/readyz", "/health", "/metrics"] {
      #expect(try running.client().request("GET", target).status == 404)
      #expect(try running.adminClient().request("GET", target).status == 200)
    }
    #expect(try running.client().request("POST", "/v1/reload").status == 404)
    #expect(try running.adminClient().request("POST", "/classify", body: [1]).status == 404)
    #expect(try running.client().request("GET", "/info").status == 200)
    #expect(try running.adminClient().request("HEAD", "/info").status == 200)
  }

  @Test func aReplacedCheckpointIsTakenUpAndABrokenOneIsNot() throws {
    try withTemporaryFile("served.smoe") { path in
      func put(_ source: String) throws {
        // As a careful operator replaces a file that is mapped: a new one under the old name.
        try FileManager.default.copyItem(atPath: source, toPath: path + ".new")
        #expect(rename(path + ".new", path) == 0)
      }
      try put(model)
      let running = try RunningService(path)
      defer { running.stop() }
      let photo = try bytes("models/samples/cat.jpg")
      func weights() throws -> String {
        let response = try running.client().request("POST", "/classify", body: photo)
        #expect(response.status == 200)
        return response.headers["x-model-weights"] ?? ""
      }
      let first = try weights()
      try put(other)
      let answer = try running.adminClient().request("POST", "/v1/reload")
      #expect(answer.status == 200 && answer.text.contains("\"previous_weights\":\"\(first)\""))
      let second = try weights()
      #expect(second != first && answer.text.contains(second))
      #expect(
        try running.metrics().keys.contains { $0.hasPrefix("softmoe_model_info") && $0.contains(second) })
      try withTemporaryFile("broken.smoe") { broken in
        try Data("not a checkpoint".utf8).write(to: URL(filePath: broken))
        try put(broken)
      }
      let failed = try running.adminClient().request("POST", "/v1/reload")
      #expect(failed.status == 500 && failed.text.contains("the one before serves on"))
      #expect(!failed.text.contains(path))
      #expect(try weights() == second)
    }
  }

  /// Every answer given while models come and go is one that the model it names gives.
  @Test func reloadsUnderLoadLoseNothing() throws {
    try withTemporaryFile("served.smoe") { path in
      try FileManager.default.copyItem(atPath: model, toPath: path)
      let running = try RunningService(path)
      defer { running.stop() }
      let photo = try bytes("models/samples/cat.jpg")
      let answers = Mutex<[String: Set<String>]>([:])
      let isDone = Mutex(false)
      let group = DispatchGroup()
      for _ in 0..<4 {
        group.enter()
        Thread.detachNewThread {
          defer { group.leave() }
          guard let client = try? running.client() else { return }
          while !isDone.withLock({ $0 }) {
            let response = try? client.request("POST", "/classify?logits=1", body: photo)
            let name = response?.status == 200 ? response?.headers["x-model-weights"] ?? "" : "lost"
            answers.withLock { _ = $0[name, default: []].insert(response?.text ?? "") }
          }
        }
      }
      for round in 0..<8 {
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.copyItem(atPath: round % 2 == 0 ? other : model, toPath: path)
        try running.service.load()
        Thread.sleep(forTimeInterval: 0.05)
      }
      isDone.withLock { $0 = true }
      group.wait()
      let found = answers.withLock { $0 }
      #expect(found["lost"] == nil && found.count == 2)
      // The same bits whatever the batch, so one answer for each model.
      #expect(found.values.allSatisfy { $0.count == 1 })
    }
  }

  @Test func deadlinesAreKeptOrRefused() throws {
    let running = try RunningService()
    defer { running.stop() }
    let photo = try bytes("models/samples/cat.jpg")
    func post(_ timeout: String) throws -> TestClient.Response {
      try running.client().request(
        "POST", "/classify", headers: ["x-request-timeout-ms: \(timeout)"], body: photo)
    }
    #expect(try post("20000").status == 200)
    // It may only shorten: the server's own limit stays.
    #expect(try post("999999999").status == 200)
    let late = try post("1")
    #expect(late.status == 504 && late.text.contains("deadline_exceeded"))
    for wrong in ["0", "-5", "1.5", "soon", "99999999999999999999"] { #expect(try post(wrong).status == 400) }
    #expect(try post("20000").status == 200)
    #expect(try running.metrics()["softmoe_in_flight"] == 0)
    #expect(try running.metrics()["softmoe_queue_depth"] == 0)
  }

  @Test func otherOriginsMayReadOnlyWhenNamed() throws {
    let closed = try RunningService()
    defer { closed.stop() }
    let origin = "Origin: https://example.org"
    let silent = try closed.client().request("GET", "/info", headers: [origin])
    #expect(silent.headers["access-control-allow-origin"] == nil)
    #expect(try closed.client().request("OPTIONS", "/classify", headers: [origin]).status == 405)
    let open = try RunningService { $0.corsOrigin = "https://example.org" }
    defer { open.stop() }
    let told = try open.client().request("GET", "/info", headers: [origin])
    #expect(told.headers["access-control-allow-origin"] == "https://example.org")
    let asked = try open.client().request("OPTIONS", "/classify", headers: [origin])
    #expect(asked.status == 204 && asked.headers["access-control-allow-methods"] == "POST")
    let stranger = try open.client().request("GET", "/info", headers: ["Origin: https://example.com"])
    #expect(stranger.headers["access-control-allow-origin"] == nil)
  }

  @Test func anEmbeddingIsWhatTheHeadReads() throws {
    let running = try RunningService()
    defer { running.stop() }
    let photo = try bytes("models/samples/cat.jpg")
    let response = try running.client().request("POST", "/embed", body: photo)
    let answer = try JSONDecoder().decode(ImageResponse.self, from: Data(response.body))
    #expect(response.status == 200 && answer.embedding?.count == 128 && answer.predictions == nil)
    #expect(try running.client().request("POST", "/embed?top_k=1", body: photo).status == 400)
  }
}

extension OperationTests {
  /// A form as curl makes it: two photos and something that is none.
  @Test func eachImageOfAFormIsAnsweredOnItsOwn() throws {
    let running = try RunningService()
    defer { running.stop() }
    let photo = try bytes("models/samples/cat.jpg")
    func form(_ parts: [(String, [UInt8])]) -> [UInt8] {
      parts.flatMap { name, content -> [UInt8] in
        Array("--x\r\nContent-Disposition: form-data; name=\"image\"; filename=\"\(name)\"\r\n\r\n".utf8)
          + content + Array("\r\n".utf8)
      } + Array("--x--\r\n".utf8)
    }
    func post(_ body: [UInt8], _ target: String = "/classify?top_k=1") throws -> TestClient.Response {
      try running.client().request(
        "POST", target, headers: ["Content-Type: multipart/form-data; boundary=x"], body: body)
    }
    let response = try post(form([("a.jpg", photo), ("b.txt", [1, 2, 3]), ("c.jpg", photo)]))
    #expect(response.status == 200)
    let answer = try JSONDecoder().decode(ImagesResponse.self, from: Data(response.body))
    #expect(answer.results.map(\.name) == ["a.jpg", "b.txt", "c.jpg"])
    #expect(answer.results[0].predictions?.first?.label == "cat")
    #expect(answer.results[2].predictions == answer.results[0].predictions)
    #expect(answer.results[1].errorType == "unsupported_media_type" && answer.results[1].predictions == nil)
    let embedded = try post(form([("a.jpg", photo)]), "/embed")
    let embedding = try JSONDecoder().decode(ImagesResponse.self, from: Data(embedded.body))
    #expect(embedding.results.count == 1 && embedding.results[0].embedding?.count == 128)
    #expect(try post(form([])).status == 400)
    #expect(try post(Array("--x\r\nbroken".utf8)).status == 400)
    #expect(try post(form(Array(repeating: ("a.jpg", [1]), count: 65))).status == 413)
    #expect(try running.metrics()["softmoe_queue_depth"] == 0)
    #expect(try running.metrics()["softmoe_in_flight"] == 0)
  }
}
