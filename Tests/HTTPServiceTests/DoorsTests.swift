import Foundation
import HTTPService
import Inference
import MicroHTTP
import TestSupport
import Testing

/// What is judged by the head, and what no request can bring about.
@Suite struct DoorsTests {
  /// A v2 request of one image's pixels, as binary data.
  private func infer(_ client: TestClient, _ pixels: [Float]) throws -> TestClient.Response {
    let head = Array(
      """
      {"inputs":[{"name":"pixels","shape":[1,3,32,32],"datatype":"FP32",\
      "parameters":{"binary_data_size":\(4 * pixels.count)}}]}
      """.utf8)
    let data = pixels.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
    return try client.request(
      "POST", "/v2/models/cifar10-softmoe/infer",
      headers: ["Inference-Header-Content-Length: \(head.count)"], body: head + data)
  }

  /// Finite pixels from which the model computes none: told, counted in no statistic, and the server lives.
  @Test(arguments: [Float.greatestFiniteMagnitude, -3e38])
  func hugePixelsHaveNoAnswer(_ value: Float) throws {
    let running = try RunningService()
    defer { running.stop() }
    var pixels = [Float](repeating: 0, count: 3072)
    pixels[1000] = value
    let client = try running.client()
    let refused = try infer(client, pixels)
    #expect(refused.status == 422 && refused.text.contains("finite"))
    #expect(try client.request("POST", "/classify", body: bytes("models/samples/cat.jpg")).status == 200)
    let metrics = try running.metrics()
    #expect(metrics["softmoe_routed_images_total"] == 1)
    #expect(metrics["softmoe_dropped_total{reason=\"not_finite\"}"] == 1)
  }

  @Test(arguments: [Float.leastNonzeroMagnitude, -Float.leastNormalMagnitude / 128, 1e-30, 0, 1e4])
  func otherPixelsHaveOne(_ value: Float) throws {
    let running = try RunningService()
    defer { running.stop() }
    let answer = try infer(try running.client(), Array(repeating: value, count: 3072))
    #expect(answer.status == 200)
  }

  /// Without keys an order is taken from a program on this machine, and from nothing that a page could send.
  @Test func ordersComeFromOperators() throws {
    let running = try RunningService { $0.corsOrigin = "*" }
    defer { running.stop() }
    for target in ["/v1/reload", "/v1/experts/reset"] {
      let client = try running.adminClient()
      #expect(try client.request("POST", target).status == 200)
      for header in [
        "Origin: null", "Origin: http://127.0.0.1:8080", "Sec-Fetch-Site: none", "Sec-Fetch-Site: cross-site",
        "Referer: http://example.org/", "X-Forwarded-For: 127.0.0.1", "Forwarded: for=127.0.0.1",
        "Via: 1.1 proxy",
      ] {
        let refused = try client.request("POST", target, headers: [header])
        #expect(refused.status == 403 && refused.text.contains("\"forbidden\""), "\(header)")
        #expect(refused.headers["access-control-allow-origin"] == nil)
      }
      #expect(try client.request("OPTIONS", target, headers: ["Origin: http://a.example"]).status != 204)
      for (host, status) in [
        ("127.0.0.1:8081", 200), ("[::1]:8081", 200), ("LOCALHOST", 200), ("rebound.example", 403),
        ("127.0.0.1.example", 403), ("10.0.0.1", 403), ("[::2]", 403),
      ] {
        client.send("POST \(target) HTTP/1.1\r\nHost: \(host)\r\nContent-Length: 0\r\n\r\n")
        #expect(try client.readResponse().status == status, "\(host)")
      }
    }
    running.service.use(try APIKeys("0123456789abcdef"))
    let keyed = ["x-api-key: 0123456789abcdef", "Origin: http://a.example", "X-Forwarded-For: 10.0.0.1"]
    #expect(try running.adminClient().request("POST", "/v1/experts/reset", headers: keyed).status == 200)
  }

  /// A wrong key, route or method is told before the body, and never gets `100 Continue`.
  @Test(arguments: [
    ("POST /classify", 401), ("POST /nothing", 404), ("PUT /classify", 401), ("POST /info", 401),
  ])
  func theHeadIsJudgedBeforeTheBody(_ line: String, _ status: Int) throws {
    let running = try RunningService()
    defer { running.stop() }
    running.service.use(try APIKeys("0123456789abcdef"))
    let client = try running.client()
    client.send("\(line) HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n")
    let raw = try client.readUntilClosed()
    #expect(raw.hasPrefix("HTTP/1.1 \(status) "))
    #expect(!raw.contains("100 Continue") && raw.contains("\"request_id\""))
  }

  /// Bodies that are on their way count: beyond the budget one is refused before it is read.
  @Test func aBodyBeyondTheBudgetIsRefusedByItsHead() throws {
    let running = try RunningService {
      $0.bodyLimit = 1 << 20
      $0.maxPendingBytes = 2 << 20
    }
    defer { running.stop() }
    let half = try running.client()
    half.send("POST /classify HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1048576\r\n\r\n")
    // Its head has been accepted.
    var interim = ""
    while !interim.hasSuffix("\r\n\r\n") { interim += String(decoding: [try half.nextByte()], as: UTF8.self) }
    #expect(interim.hasPrefix("HTTP/1.1 100 "))
    let second = try running.client()
    second.send(
      "POST /classify HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 700000\r\n\r\n")
    let refused = try second.readUntilClosed()
    #expect(refused.hasPrefix("HTTP/1.1 503 ") && refused.contains("Retry-After: 1"))
    // Small ones go on.
    #expect(
      try running.client().request("POST", "/classify", body: bytes("models/samples/cat.jpg")).status == 200)
  }

  @Test func oneScrapeSpeaksOfTheSameImages() throws {
    let running = try RunningService { $0.expertMetrics = .slot }
    defer { running.stop() }
    let photo = try bytes("models/samples/cat.jpg")
    let poster = Thread {
      guard let client = try? running.client() else { return }
      for _ in 0..<40 { _ = try? client.request("POST", "/classify", body: photo) }
    }
    poster.start()
    for _ in 0..<20 {
      let metrics = try running.metrics()
      let images = try #require(metrics["softmoe_routed_images_total"])
      let masses = Dictionary(
        grouping: metrics.filter { $0.key.hasPrefix("softmoe_expert_combine_mass_total") }
      ) {
        $0.key.prefix { $0 != "," }
      }
      for layer in masses.values { #expect(abs(layer.map(\.value).reduce(0, +) - images) < 1e-3) }
    }
    while !poster.isFinished { usleep(1000) }
  }
}

extension TestClient {
  /// All that comes until the server closes.
  fileprivate func readUntilClosed() throws -> String {
    var raw: [UInt8] = []
    while let byte = try? nextByte() { raw.append(byte) }
    return String(decoding: raw, as: UTF8.self)
  }
}
