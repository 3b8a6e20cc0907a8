import Dispatch
import Foundation
import HTTPService
import ImageInput
import Inference
import Logging
import MicroHTTP
import Synchronization
import TestSupport
import Testing

private func answer(_ response: TestClient.Response) throws -> ImageResponse {
  try JSONDecoder().decode(ImageResponse.self, from: Data(response.body))
}

/// An uncompressed 8 × 8 PNG of one colour, which may claim another side.
private func png(red: UInt8, green: UInt8, blue: UInt8, claiming side: UInt32 = 8) -> [UInt8] {
  func bigEndian(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
  func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    var crc: UInt32 = .max
    for byte in body {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    return bigEndian(UInt32(data.count)) + body + bigEndian(~crc)
  }
  let row: [UInt8] = [0] + (0..<8).flatMap { _ in [red, green, blue] }
  let raw = (0..<8).flatMap { _ in row }
  var (a, b): (UInt32, UInt32) = (1, 0)
  for byte in raw {
    a = (a + UInt32(byte)) % 65_521
    b = (b + a) % 65_521
  }
  let length = UInt16(raw.count)
  let stored: [UInt8] =
    [0x78, 0x01, 0x01] + [UInt8(length & 255), UInt8(length >> 8), UInt8(~length & 255), UInt8(~length >> 8)]
    + raw + bigEndian(b << 16 | a)
  return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    + chunk("IHDR", bigEndian(side) + bigEndian(side) + [8, 2, 0, 0, 0]) + chunk("IDAT", stored)
    + chunk("IEND", [])
}

@Suite struct ClassificationServiceTests {
  @Test func aPhotoOfACatIsACat() throws {
    let running = try RunningService()
    defer { running.stop() }
    let photo = try bytes("models/samples/cat.jpg")
    let response = try running.client().request("POST", "/classify?top_k=3&logits=1", body: photo)
    #expect(response.status == 200)
    let found = try answer(response)
    #expect(found.model == "cifar10-softmoe")
    #expect(
      found.predictions?.count == 3 && found.predictions?[0].label == "cat"
        && found.predictions?[0].index == 3)
    #expect(found.logits?.count == 10)
    #expect(response.headers["x-batch-size"] == "1")
    #expect(response.headers["x-request-id"]?.count == 16)
    #expect(response.headers["server-timing"]?.contains("inference;dur=") == true)
  }

  @Test func everyMistakeHasItsStatusAndTheServerGoesOn() throws {
    let running = try RunningService()
    defer { running.stop() }
    let photo = try bytes("models/samples/cat.jpg")
    let huge = png(red: 1, green: 2, blue: 3, claiming: 10_000)
    let cases: [(method: String, target: String, body: [UInt8], status: Int, type: String)] = [
      ("GET", "/nothing", [], 404, "not_found"), ("GET", "/classify", [], 405, "method_not_allowed"),
      ("POST", "/metrics", [], 405, "method_not_allowed"), ("POST", "/classify", [], 400, "bad_request"),
      ("POST", "/classify", Array("plain text".utf8), 415, "unsupported_media_type"),
      ("POST", "/classify", huge, 413, "payload_too_large"),
      ("POST", "/classify", Array(photo[..<5000]), 422, "undecodable_image"),
      ("POST", "/classify?top_k=0", photo, 400, "bad_request"),
      ("POST", "/classify?top_k=-1", photo, 400, "bad_request"),
      ("POST", "/classify?top_k=2147483648", photo, 400, "bad_request"),
      ("POST", "/classify?top_k=5x", photo, 400, "bad_request"),
      ("POST", "/classify?top_k", photo, 400, "bad_request"),
      ("POST", "/classify?logits=maybe", photo, 400, "bad_request"),
      ("POST", "/classify?colour=1", photo, 400, "bad_request"),
      ("POST", "/classify", [UInt8](repeating: 0, count: 1 << 20 + 1), 413, "payload_too_large"),
    ]
    for mistake in cases {
      let response = try running.client().request(mistake.method, mistake.target, body: mistake.body)
      let error = try JSONDecoder().decode(ErrorResponse.self, from: Data(response.body))
      #expect(response.status == mistake.status, "\(mistake.method) \(mistake.target)")
      #expect(error.errorType == mistake.type && !error.error.isEmpty)
      #expect(error.requestID == response.headers["x-request-id"])
      #expect(try running.client().request("POST", "/classify", body: photo).status == 200)
    }
    #expect(try running.client().request("GET", "/classify").headers["allow"] == "POST")
  }

  @Test func concurrentClientsShareBatchesAndGetTheirOwnAnswers() throws {
    let running = try RunningService()
    defer { running.stop() }
    let images = (0..<16).map { (number: UInt8) -> [UInt8] in
      png(red: number * 16, green: 255 - number * 11, blue: number * 5)
    }
    let alone = try images.map {
      try answer(running.client().request("POST", "/classify?logits=1", body: $0)).logits ?? []
    }
    #expect(Set(alone.map { $0[0] }).count == 16)
    let before = try running.metrics()
    let wrong = Mutex<[String]>([])
    let group = DispatchGroup()
    for number in images.indices {
      // A thread each: a pool of threads would not have sixteen on two processors.
      group.enter()
      Thread.detachNewThread {
        defer { group.leave() }
        do {
          let client = try running.client()
          for _ in 0..<40 {
            let logits = try answer(client.request("POST", "/classify?logits=1", body: images[number])).logits
            if largestDifference(logits ?? [], alone[number]) > 1e-5 {
              wrong.withLock { $0.append("client \(number)") }
            }
          }
        } catch {
          wrong.withLock { $0.append("\(error)") }
        }
      }
    }
    group.wait()
    let failures = wrong.withLock { $0 }
    #expect(failures.isEmpty)
    let after = try running.metrics()
    let count = (after["softmoe_batch_size_count"] ?? 0) - (before["softmoe_batch_size_count"] ?? 0)
    let sum = (after["softmoe_batch_size_sum"] ?? 0) - (before["softmoe_batch_size_sum"] ?? 0)
    #expect(sum == 640)
    #expect(sum / count > 4, "mean batch size \(sum / count)")
  }

  @Test func combineMassAddsUpToTheImagesServed() throws {
    let running = try RunningService { $0.expertMetrics = .slot }
    defer { running.stop() }
    let client = try running.client()
    let photo = try bytes("models/samples/cat.jpg")
    for _ in 0..<7 { #expect(try client.request("POST", "/classify", body: photo).status == 200) }
    _ = try client.request("POST", "/classify", body: [1, 2, 3])
    let metrics = try running.metrics()
    #expect(metrics["softmoe_routed_images_total"] == 7)
    let model = try OpenedModel(path: packageRoot.appending(path: "models/cifar10-softmoe.smoe").path)
    for routed in RoutedLayer.all(of: model.network.configuration) {
      let layer = routed.block
      for family in ["softmoe_expert_combine_mass_total", "softmoe_slot_combine_mass_total"] {
        let masses = metrics.filter { $0.key.hasPrefix("\(family){layer=\"\(layer)\"") }.map(\.value)
        #expect(masses.count == (family.contains("slot") ? routed.slotCount : routed.expertCount))
        #expect(abs(masses.reduce(0, +) - 7) < 1e-4)
      }
      #expect((metrics["softmoe_expert_imbalance_ratio{layer=\"\(layer)\"}"] ?? 0) >= 1)
      let tokens = metrics.filter { $0.key.hasPrefix("softmoe_slot_effective_tokens{layer=\"\(layer)\"") }
      #expect(tokens.count == routed.slotCount && tokens.values.allSatisfy { (0.999...64.001).contains($0) })
    }
    #expect(metrics["softmoe_requests_total{route=\"/classify\",code=\"200\"}"] == 7)
    #expect(metrics["softmoe_requests_total{route=\"/classify\",code=\"415\"}"] == 1)
    #expect(metrics["softmoe_request_duration_seconds_count"] == 8)
    #expect(metrics["softmoe_in_flight"] == 0)
  }

  @Test func aFullQueueIsRefusedWithATimeToComeBack() throws {
    let running = try RunningService { $0.inference.maxQueue = 1 }
    defer { running.stop() }
    let statuses = Mutex<[Int: Int]>([:])
    let group = DispatchGroup()
    for _ in 0..<8 {
      group.enter()
      Thread.detachNewThread {
        defer { group.leave() }
        guard let client = try? running.client() else { return }
        for _ in 0..<20 {
          let image = png(red: 1, green: 2, blue: 3)
          guard let response = try? client.request("POST", "/classify", body: image) else { continue }
          if response.status == 429, Int(response.headers["retry-after"] ?? "") ?? 0 < 1 { continue }
          statuses.withLock { $0[response.status, default: 0] += 1 }
        }
      }
    }
    group.wait()
    let found = statuses.withLock { $0 }
    #expect(Set(found.keys) == [200, 429])
    #expect(found.values.reduce(0, +) == 160)
  }

  @Test func drainingIsToldToProbesAndLosesNothing() throws {
    let running = try RunningService()
    defer { running.stop() }
    #expect(try running.client().request("GET", "/readyz").status == 200)
    running.service.drain()
    #expect(try running.client().request("GET", "/readyz").status == 503)
    #expect(try running.client().request("GET", "/livez").status == 200)
    let late = try running.client().request("POST", "/classify", body: bytes("models/samples/cat.jpg"))
    #expect(late.status == 200)
  }

  @Test func idsAndTracesPassOnlyWhenHarmless() throws {
    let running = try RunningService()
    defer { running.stop() }
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    let kept = try running.client().request(
      "GET", "/info", headers: ["X-Request-ID: job-7:a.b_c", "traceparent: \(trace)"])
    #expect(kept.headers["x-request-id"] == "job-7:a.b_c" && kept.headers["traceparent"] == trace)
    #expect(kept.text.contains("\"expert_count\":32"))
    let replaced = try running.client().request("GET", "/info", headers: ["X-Request-ID: <script>"])
    #expect(replaced.headers["x-request-id"]?.count == 16)
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/promtool")))
  func promtoolAcceptsTheMetrics() throws {
    let running = try RunningService()
    defer { running.stop() }
    _ = try running.client().request("POST", "/classify", body: bytes("models/samples/cat.jpg"))
    let page = try running.client().request("GET", "/metrics")
    #expect(page.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
    let (input, output) = (Pipe(), Pipe())
    let promtool = Process()
    promtool.executableURL = URL(filePath: "/usr/bin/promtool")
    promtool.arguments = ["check", "metrics"]
    (promtool.standardInput, promtool.standardOutput, promtool.standardError) = (input, output, output)
    try promtool.run()
    try input.fileHandleForWriting.write(contentsOf: Data(page.body))
    try input.fileHandleForWriting.close()
    let complaints = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    promtool.waitUntilExit()
    #expect(promtool.terminationStatus == 0 && complaints.isEmpty, "\(complaints)")
  }
}
