import Foundation
import HTTPService
import ImageInput
import Inference
import TestSupport
import Testing

private typealias Object = [String: Any]

/// What the service tells of its experts, beside what `softmoe trace` writes of the same images.
@Suite struct ExpertsTests {
  /// Our own, and the golden ones where they are.
  private static func photos() throws -> [[UInt8]] {
    let golden = ["photo_420.jpg", "photo_progressive.jpg", "exif_rotated.jpg", "rgba.png", "lossy.webp"]
    let own = ["420.jpg", "exif_6.jpg", "rgb.png", "lossy.webp"]
    return try [bytes("models/samples/cat.jpg")]
      + own.map { try bytes("Tests/ImageInputTests/Fixtures/\($0)") }
      + (sharedFolder == nil ? [] : golden).map { name in
        [UInt8](try Data(contentsOf: URL(filePath: shared("golden/preprocess/\(name)"))))
      }
  }

  private func object(_ client: TestClient, _ target: String) throws -> Object {
    let response = try client.request("GET", target)
    #expect(response.status == 200)
    return try #require(JSONSerialization.jsonObject(with: Data(response.body)) as? Object)
  }

  private func near(_ found: Any?, _ expected: [Double], _ tolerance: Double = 1e-5) throws -> Bool {
    let found = try #require(found as? [Double])
    return found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) < tolerance }
  }

  @Test func usageIsThatOfTheTrace() throws {
    let running = try RunningService()
    defer { running.stop() }
    let photos = try Self.photos()
    let client = try running.client()
    for photo in photos { #expect(try client.request("POST", "/classify", body: photo).status == 200) }
    let trace = try Trace(photos)
    let whole = try object(client, "/v1/experts")
    #expect(whole["lifetime_images"] as? Int == photos.count)
    #expect(whole["window_images"] as? Int == photos.count)
    let summaries = try #require(whole["layers"] as? [Object])
    #expect(summaries.count == trace.layers.count)
    for (summary, routed) in zip(summaries, trace.layers) {
      let images = photos.indices
      let (layer, n) = (routed.block, routed.expertCount)
      let dispatch = try images.map { columns(try trace.weights("dispatch", layer: layer, image: $0)) }
      let combine = try images.map { try trace.weights("combine", layer: layer, image: $0) }
      let slotMass = mean(combine.flatMap { $0 })
      let expertMass = (0..<n).map { slotMass[routed.slots(of: $0)].reduce(0, +) }
      func entropy(_ shares: [Double]) -> Double { -shares.reduce(0) { $0 + $1 * log($1) } }
      let tokens = mean(dispatch.map { $0.map { exp(entropy($0)) } })
      let largest = mean(dispatch.map { $0.map { $0.max() ?? 0 } })
      let share = Double(routed.tokenCount) / Double(routed.slotCount)
      let contribution = mean(dispatch.map { columns($0).map { share * $0.reduce(0, +) } })

      let usage = try #require(summary["lifetime"] as? Object)
      #expect(try near(usage["expert_mass"], expertMass))
      #expect(abs(try #require(usage["effective_experts"] as? Double) - exp(entropy(expertMass))) < 1e-4)
      let most = try #require(expertMass.max())
      #expect(abs(try #require(usage["max_over_mean"] as? Double) - Double(n) * most) < 1e-4)

      let full = try object(client, "/v1/experts/\(layer)")
      for key in ["lifetime", "window"] {
        let usage = try #require(full[key] as? Object)
        #expect(try near(usage["expert_mass"], expertMass) && near(usage["slot_mass"], slotMass))
        // Between 1 and m.
        #expect(try near(usage["slot_effective_tokens"], tokens, 1e-5 * Double(routed.tokenCount)))
        #expect(try near(usage["slot_largest_dispatch"], largest))
        let tokens = try #require(usage["token_contribution"] as? Object)
        #expect(try near(tokens["by_position"], contribution))
        #expect((tokens["counts"] as? [Int])?.reduce(0, +) == photos.count * routed.tokenCount)
      }
    }
  }

  @Test func explanationsAreTheTracesColumns() throws {
    let running = try RunningService()
    defer { running.stop() }
    let photos = try Self.photos()
    let trace = try Trace(photos)
    for (image, photo) in photos.enumerated() {
      let response = try running.client().request("POST", "/classify?explain=1&experts=all", body: photo)
      let answer = try JSONDecoder().decode(ImageResponse.self, from: Data(response.body))
      let explanation = try #require(answer.explanation)
      #expect(explanation.layers.map(\.layer) == trace.layers.map(\.block))
      #expect(explanation.grid?.rows == trace.layers.first?.gridRows)
      for (layer, routed) in zip(explanation.layers, trace.layers) {
        let dispatch = columns(try trace.weights("dispatch", layer: layer.layer, image: image))
        let mass = mean(try trace.weights("combine", layer: layer.layer, image: image))
        #expect(layer.experts.map(\.mass) == layer.experts.map(\.mass).sorted(by: >))
        #expect(Set(layer.experts.map(\.expert)) == Set(0..<routed.expertCount))
        for expert in layer.experts {
          for slot in expert.slots ?? [] {
            let index = routed.slotsPerExpert * expert.expert + slot.slot
            let column = dispatch[index]
            let weights = try #require(Data(base64Encoded: slot.weights)).map {
              Double($0) / 255 * Double(slot.peak)
            }
            #expect(abs(Double(slot.mass) - mass[index]) < 1e-5)
            #expect(abs(Double(slot.peak) - (column.max() ?? 0)) < 1e-6)
            #expect(zip(weights, column).allSatisfy { abs($0 - $1) <= Double(slot.peak) / 509 })
          }
        }
      }
    }
  }

  @Test func theOverlayIsThePhotoInTheLightOfTheWeights() throws {
    let running = try RunningService()
    defer { running.stop() }
    let photo = try bytes("models/samples/cat.jpg")
    let trace = try Trace([photo])
    let seen = try ImageDecoder(preprocessing: trace.model.preprocessing).pixels(from: photo)
    let response = try running.client().request("POST", "/explain?layer=4&expert=9", body: photo)
    #expect(response.status == 200 && response.headers["content-type"] == "image/png")
    var size = trace.model.preprocessing
    (size.resize, size.cropHeight, size.cropWidth) = (.shorter(448), 448, 448)
    let overlay = try ImageDecoder(preprocessing: size).pixels(from: response.body)
    let routed = try #require(trace.layers.first { $0.block == 4 })
    let dispatch = columns(try trace.weights("dispatch", layer: 4, image: 0))[routed.slots(of: 9)]
    let light = mean(Array(dispatch)).map { $0 / (mean(Array(dispatch)).max() ?? 1) }
    for row in stride(from: 7, to: 448, by: 14) {
      for column in stride(from: 7, to: 448, by: 14) {
        let at = 3 * (row / 14 * 32 + column / 14)
        let rgb = (0..<3).map { Double(seen.pixels[at + $0]) }
        let grey = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]
        let patch = light[row / 56 * 8 + column / 56]
        for channel in 0..<3 {
          let expected = patch * rgb[channel] + 0.2 * (1 - patch) * grey
          #expect(abs(Double(overlay.pixels[3 * (row * 448 + column) + channel]) - expected) < 0.6)
        }
      }
    }
  }

  @Test(arguments: [
    ("/classify?explain=2", 400), ("/classify?explain=1&experts=0", 400),
    ("/classify?explain=1&experts=1000", 400), ("/classify?explain=1&experts=some", 400),
    ("/classify?explain&experts=16", 200), ("/classify?explain=0&experts=all", 200),
    ("/explain", 400), ("/explain?layer=3", 400), ("/explain?expert=3", 400),
    ("/explain?layer=2&expert=3", 400), ("/explain?layer=3&expert=1000", 400),
    ("/explain?layer=3&expert=-1", 400), ("/explain?layer=3&expert=15&size=9", 400),
    ("/explain?layer=3&expert=15", 200),
  ])
  func parametersAreChecked(_ target: String, _ status: Int) throws {
    let running = try RunningService()
    defer { running.stop() }
    let photo = try bytes("models/samples/cat.jpg")
    #expect(try running.client().request("POST", target, body: photo).status == status)
  }

  @Test func usageIsForgottenOnOrderFromTheAdminPort() throws {
    let running = try RunningService()
    defer { running.stop() }
    let photo = try bytes("models/samples/cat.jpg")
    _ = try running.client().request("POST", "/classify", body: photo)
    #expect(try running.client().request("POST", "/v1/experts/reset").status == 405)
    #expect(try running.adminClient().request("POST", "/v1/experts/reset").status == 200)
    let layers = try #require(try object(running.client(), "/v1/experts")["layers"] as? [Object])
    #expect((layers[0]["lifetime"] as? Object)?.keys.sorted() == ["images"])
    #expect(try running.client().request("GET", "/v1/experts/2").status == 404)
  }

  @Test func thePageIsWholeAndCanBeSwitchedOff() throws {
    let running = try RunningService()
    defer { running.stop() }
    let (page, again) = try (running.client().request("GET", "/"), running.client().request("GET", "/"))
    #expect(page.status == 200 && page.headers["content-type"] == "text/html; charset=utf-8")
    let policy = try #require(page.headers["content-security-policy"])
    let nonce = try #require(policy.firstMatch(of: /script-src 'nonce-([0-9a-f]+)'/)?.output.1)
    #expect(page.text.contains(" nonce=\"\(nonce)\">") && !page.text.contains("{{nonce}}"))
    #expect(again.headers["content-security-policy"] != policy)
    #expect(page.body.count < 100_000)
    #expect(try running.adminClient().request("GET", "/").status == 404)
    let bare = try RunningService { $0.hasPage = false }
    defer { bare.stop() }
    #expect(try bare.client().request("GET", "/").status == 404)
  }
}
