import CheckpointImport
import Foundation
import HTTPService
import ImageInput
import Inference
import SoftMoEViT
import TestSupport
import Testing

private typealias Object = [String: Any]

/// What the service tells of routers that choose, beside what `softmoe trace` writes of the same images.
@Suite struct SparseExpertsTests {
  private static let photoNames = ["420.jpg", "exif_6.jpg", "rgb.png", "lossy.webp"]
  private let photos: [[UInt8]]

  init() throws {
    photos = try Self.photoNames.map { try bytes("Tests/ImageInputTests/Fixtures/\($0)") }
  }

  /// A class token and 4 × 4 patches, 4 experts in both blocks.
  private func model(_ router: RouterKind, capacity: Double?) -> ModelConfiguration {
    ModelConfiguration(
      imageHeight: 32, imageWidth: 32, patchSize: 8, width: 32, depth: 2, headCount: 2, mlpWidth: 64,
      classCount: 3, activation: .geluErf, normEpsilon: 1e-6, classToken: true, position: .allTokens,
      patchBias: true, preNorm: false, qkvBias: true, qkNorm: .none, layerScale: false, finalNorm: .tokens,
      pooling: .classToken, preLogitsWidth: nil,
      moe: ModelConfiguration.SoftMoE(
        router: router, layers: [0, 1], expertCount: 4, slotsPerExpert: 1, expertWidth: 32,
        normalization: .none, normalizationEpsilon: 1e-6, slotSource: .tokens, dispatchRounding: .none,
        selectedExperts: router == .tokensChoice ? 2 : 0, capacityFactor: capacity))
  }

  /// A server of a tiny model, and what the trace says of the photos.
  private func withModel(
    _ router: RouterKind, capacity: Double?, level: ExpertMetricsLevel = .expert,
    _ body: (RunningService, Trace) throws -> Void
  ) throws {
    try withTemporaryFile("model.smoe") { path in
      let model = model(router, capacity: capacity)
      try CheckpointImport(synthesizing: model, as: .f32).write(to: path, .plain(for: model))
      let running = try RunningService(path) { $0.expertMetrics = level }
      defer { running.stop() }
      try body(running, try Trace(photos, of: path))
    }
  }

  private func send(_ client: TestClient) throws {
    for photo in photos { #expect(try client.request("POST", "/classify", body: photo).status == 200) }
  }

  private func object(_ client: TestClient, _ target: String) throws -> Object {
    let response = try client.request("GET", target)
    #expect(response.status == 200)
    return try #require(JSONSerialization.jsonObject(with: Data(response.body)) as? Object)
  }

  private func near(_ found: [Double], _ expected: [Double]) -> Bool {
    found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) < 1e-5 }
  }

  /// [image][m][n]
  private func weights(_ kind: String, _ trace: Trace, layer: Int) throws -> [[[Double]]] {
    try photos.indices.map { try trace.weights(kind, layer: layer, image: $0) }
  }

  @Test(
    arguments: [
      (RouterKind.tokensChoice, 0.25), (.tokensChoice, nil), (.expertsChoice, 0.5), (.expertsChoice, 1.5),
    ] as [(RouterKind, Double?)])
  func usageIsThatOfTheTrace(_ router: RouterKind, _ capacity: Double?) throws {
    try withModel(router, capacity: capacity) { running, trace in
      let client = try running.client()
      try send(client)
      for routed in trace.layers {
        let layer = try object(client, "/v1/experts/\(routed.block)")
        #expect(layer["router"] as? String == router.rawValue && layer["slots_per_expert"] == nil)
        #expect(layer["capacity"] as? Int == routed.capacity)
        #expect(layer["selected_experts"] as? Int == (router == .tokensChoice ? 2 : nil))
        let usage = try #require(layer["lifetime"] as? Object)
        #expect(!usage.keys.contains { $0.contains("slot") || $0.contains("effective_tokens") })
        #expect(!usage.keys.contains { $0.contains("dispatch") })
        func values(_ key: String) throws -> [Double] { try #require(usage[key] as? [Double], "\(key)") }

        let dispatch = try weights("dispatch", trace, layer: routed.block)
        let gates = try weights("combine", trace, layer: routed.block)
        let taken = mean(dispatch.map { columns($0).map { $0.reduce(0, +) } })
        let shares = gates.map { image in
          columns(image).map { $0.reduce(0, +) / image.joined().reduce(0, +) }
        }
        #expect(try near(values("expert_tokens"), taken))
        #expect(try near(values("expert_mass"), mean(shares)))
        #expect(try abs(values("expert_mass").reduce(0, +) - 1) < 1e-5)
        #expect(
          try near(values("expert_largest_gate"), mean(gates.map { columns($0).map { $0.max() ?? 0 } })))
        let unmet = dispatch.joined().filter { $0.allSatisfy { $0 == 0 } }.count
        let share = Double(unmet) / Double(photos.count * routed.tokenCount)
        #expect(abs(try #require(usage["unmet_token_share"] as? Double) - share) < 1e-9)

        if router == .expertsChoice {
          #expect(taken.allSatisfy { $0 == Double(routed.capacity) })
          #expect(usage["expert_demand"] == nil && usage["expert_dropped"] == nil)
          #expect(usage["dropped_share"] == nil && usage["expert_first_choices"] == nil)
          continue
        }
        let (demand, dropped) = try (values("expert_demand"), values("expert_dropped"))
        let (first, later) = try (values("expert_first_choices"), values("expert_later_choices"))
        #expect(near(zip(taken, dropped).map { $0 + $1 }, demand) && dropped.allSatisfy { $0 >= 0 })
        #expect(near(zip(first, later).map { $0 + $1 }, taken))
        // Each of 17 tokens chooses twice, and some find no room where there is for 4 tokens an expert.
        #expect(abs(demand.reduce(0, +) - 34) < 1e-9)
        let droppedShare = try #require(usage["dropped_share"] as? Double)
        #expect(abs(droppedShare - dropped.reduce(0, +) / 34) < 1e-9)
        if capacity == nil {
          let best = gates.map { image in
            (0..<4).map { expert in Double(image.count { $0[expert] == $0.max() }) }
          }
          #expect(near(first, mean(best)) && droppedShare == 0 && unmet == 0)
        } else {
          #expect(droppedShare >= 18 / 34 && unmet >= photos.count)
        }
      }
    }
  }

  /// What the first layer's experts are asked for does not depend on the room that they have.
  @Test func demandIsWhatAModelWithoutALimitTakes() throws {
    var wanted: [Double] = []
    try withModel(.tokensChoice, capacity: nil) { _, trace in
      wanted = mean(try weights("dispatch", trace, layer: 0).map { columns($0).map { $0.reduce(0, +) } })
    }
    try withModel(.tokensChoice, capacity: 0.25) { running, _ in
      let client = try running.client()
      try send(client)
      let usage = try #require(object(client, "/v1/experts/0")["window"] as? Object)
      #expect(near(try #require(usage["expert_demand"] as? [Double]), wanted))
    }
  }

  @Test(arguments: [RouterKind.tokensChoice, .expertsChoice], ExpertMetricsLevel.allCases)
  func metricsAreThoseOfTheRouter(_ router: RouterKind, _ level: ExpertMetricsLevel) throws {
    try withModel(router, capacity: 0.25, level: level) { running, trace in
      let client = try running.client()
      try send(client)
      let page = try client.request("GET", "/metrics").text
      #expect(!page.contains("softmoe_slot_"))
      let series = try running.metrics().filter {
        $0.key.contains(/^softmoe_(routed|routing|layer|expert)_/)
      }
      #expect(series.count == level.seriesCount(trace.layers, hasProfile: false))
      func sum(_ family: String) -> Double {
        series.filter { $0.key.hasPrefix("\(family){layer=\"0\"") }.values.reduce(0, +)
      }
      let isFine = level == .expert || level == .slot
      let choose = router == .tokensChoice
      let taken = try weights("dispatch", trace, layer: 0).joined().joined().reduce(0, +)
      #expect(sum("softmoe_expert_tokens_total") == (isFine ? taken : 0))
      let choices = sum("softmoe_expert_tokens_total") + sum("softmoe_expert_dropped_total")
      if choose { #expect(choices == (isFine ? Double(34 * photos.count) : 0)) }
      #expect(page.contains("softmoe_expert_dropped_total") == (isFine && choose))
      #expect(page.contains("softmoe_expert_first_choices_total") == (isFine && choose))
      #expect(sum("softmoe_expert_first_choices_total") <= taken)
      #expect(page.contains("softmoe_layer_dropped_choice_ratio") == (level != .off && choose))
      #expect((sum("softmoe_layer_unmet_token_ratio") > 0) == (level != .off))
    }
  }

  @Test(arguments: [RouterKind.tokensChoice, .expertsChoice])
  func anExplanationShowsWhatWasTaken(_ router: RouterKind) throws {
    try withModel(router, capacity: 0.25) { running, trace in
      for (image, photo) in photos.enumerated() {
        let response = try running.client().request("POST", "/classify?explain=1&experts=all", body: photo)
        let answer = try JSONDecoder().decode(ImageResponse.self, from: Data(response.body))
        let explanation = try #require(answer.explanation)
        #expect(explanation.layers.map(\.layer) == [0, 1])
        for layer in explanation.layers {
          let gates = columns(try trace.weights("combine", layer: layer.layer, image: image))
          let dispatch = columns(try trace.weights("dispatch", layer: layer.layer, image: image))
          #expect(Set(layer.experts.map(\.expert)) == Set(0..<4))
          #expect(abs(layer.experts.reduce(0) { $0 + $1.mass } - 1) < 1e-5)
          for expert in layer.experts {
            #expect(expert.slots == nil)
            let taken = try #require(expert.taken)
            #expect(Double(taken.tokens) == dispatch[expert.expert].reduce(0, +))
            let shown = try #require(Data(base64Encoded: taken.gates))
            let expected = gates[expert.expert].dropFirst()
            #expect(shown.count == 16 && abs(Double(taken.peak) - (expected.max() ?? 0)) < 1e-6)
            for (byte, (gate, isTaken)) in zip(shown, zip(expected, dispatch[expert.expert].dropFirst())) {
              #expect((byte > 0) == (isTaken == 1))
              let value = Double(byte) / 255 * Double(taken.peak)
              #expect(value >= gate - 1e-6 && value <= gate + Double(taken.peak) / 255 + 1e-6)
            }
          }
        }
      }
    }
  }

  @Test func aPictureIsDarkWhereNothingWasTaken() throws {
    try withModel(.tokensChoice, capacity: 0.25) { running, trace in
      let photo = photos[2]
      let seen = try ImageDecoder(preprocessing: trace.model.preprocessing).pixels(from: photo)
      let gates = columns(try trace.weights("combine", layer: 1, image: 2))
      var size = trace.model.preprocessing
      (size.resize, size.cropHeight, size.cropWidth) = (.shorter(448), 448, 448)
      for expert in 0..<4 {
        let response = try running.client().request(
          "POST", "/explain?layer=1&expert=\(expert)", body: photo)
        #expect(response.status == 200)
        let overlay = try ImageDecoder(preprocessing: size).pixels(from: response.body)
        for (patch, gate) in gates[expert].dropFirst().enumerated() where gate == 0 {
          let (row, column) = (patch / 4 * 112 + 56, patch % 4 * 112 + 56)
          let at = 3 * (row / 14 * 32 + column / 14)
          let rgb = (0..<3).map { Double(seen.pixels[at + $0]) }
          let grey = 0.2 * (0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2])
          for channel in 0..<3 {
            #expect(abs(Double(overlay.pixels[3 * (row * 448 + column) + channel]) - grey) < 0.6)
          }
        }
      }
    }
  }

  @Test func infoSaysWhoChooses() throws {
    try withModel(.tokensChoice, capacity: 0.25) { running, _ in
      let model = try #require(object(running.client(), "/info")["model"] as? Object)
      #expect(model["router"] as? String == "tokens_choice" && model["selected_experts"] as? Int == 2)
      #expect(model["expert_capacity"] as? Int == 4 && model["slots_per_expert"] == nil)
      let refused = try running.client().request("POST", "/explain?layer=7&expert=0", body: photos[0])
      #expect(refused.status == 400 && !refused.text.contains("Soft"))
      #expect(try !running.client().request("GET", "/v1/experts/7").text.contains("Soft"))
    }
  }

  /// A soft model's answers have nothing of what others have, but the name of its router.
  @Test func softModelsAnswerAsBefore() throws {
    let running = try RunningService { $0.expertMetrics = .slot }
    defer { running.stop() }
    let client = try running.client()
    let photo = try bytes("models/samples/cat.jpg")
    let answer = try client.request("POST", "/classify?explain=1&experts=all", body: photo)
    #expect(!answer.text.contains("taken") && !answer.text.contains("router"))
    let layer = try object(client, "/v1/experts/3")
    #expect(layer["router"] as? String == "soft" && layer["capacity"] == nil)
    #expect(layer["selected_experts"] == nil && layer["slots_per_expert"] as? Int != nil)
    let usage = try #require(layer["lifetime"] as? Object)
    #expect(
      usage.keys.sorted().filter { !$0.hasPrefix("divergence") } == [
        "effective_experts", "effective_tokens", "expert_mass", "gini", "images", "largest_dispatch",
        "max_over_mean", "slot_effective_tokens", "slot_largest_dispatch", "slot_mass",
        "token_contribution",
      ])
    let page = try client.request("GET", "/metrics").text
    for family in [
      "softmoe_expert_tokens_total", "softmoe_expert_dropped_total", "softmoe_expert_first_choices_total",
      "softmoe_layer_dropped_choice_ratio", "softmoe_layer_unmet_token_ratio",
    ] { #expect(!page.contains(family)) }
    #expect(page.contains("softmoe_slot_combine_mass_total"))
  }
}
