import Foundation
import FoundationXML
import TestSupport
import Testing

/// `softmoe experts` and `softmoe inspect` of models whose routers choose.
@Suite struct SparseExpertsCommandTests {
  private typealias Object = [String: Any]

  private func withModel(_ router: String, _ body: (_ model: String, _ folder: String) throws -> Void) throws
  {
    try withTemporaryFile("sparse.smoe") { model in
      try Command.succeed([
        "synthesize", "--variant", "Ti/16", "--router", router, "--experts", "8", "--selected-experts", "2",
        "--capacity-factor", "0.5", "--image", "64", "--classes", "3", "--output", model,
      ])
      try ImageFixtures.withFolder(["a/0.jpg", "a/1.png", "b/2.webp"]) { try body(model, $0) }
    }
  }

  /// Of 16 patches an expert has room for ⌈16·2·0.5/8⌉ where they choose, and takes ⌈16·0.5/8⌉ else: upwards, 4.
  @Test(arguments: ["tokens_choice", "experts_choice"])
  func numbersAddUp(_ router: String) throws {
    try withModel(router) { model, folder in
      let json = try Command.succeed(["experts", model, "--images", folder, "--json"])
      let study = try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? Object)
      let layers = try #require(study["layers"] as? [Object])
      #expect(layers.count == 6)
      for layer in layers {
        #expect(layer["router"] as? String == router && layer["capacity"] as? Int == 4)
        let usage = try #require(layer["usage"] as? Object)
        func values(_ key: String) throws -> [Double] { try #require(usage[key] as? [Double], "\(key)") }
        #expect(try abs(values("expert_mass").reduce(0, +) - 1) < 1e-6)
        let taken = try values("expert_tokens")
        if router == "tokens_choice" {
          let dropped = try values("expert_dropped")
          #expect(abs(taken.reduce(0, +) + dropped.reduce(0, +) - 2 * Double(tokenCount(layer))) < 1e-9)
        } else {
          #expect(taken == Array(repeating: 4, count: 8))
        }
      }
    }
  }

  private func tokenCount(_ layer: Object) -> Int { layer["token_count"] as? Int ?? 0 }

  @Test(arguments: [
    ("tokens_choice", ["Tokens per expert", "Dropped choices"], 6),
    ("experts_choice", ["Tokens per expert"], 5),
  ])
  func theReportSpeaksOfNoSlots(_ router: String, _ own: [String], _ sectionCount: Int) throws {
    try withModel(router) { model, folder in
      let path = folder + "/report.html"
      let output = try Command.succeed(["experts", model, "--images", folder, "--report", path])
      #expect(output.contains("unmet tokens") && !output.contains("slot"))
      #expect(output.contains("dropped") == (router == "tokens_choice"))
      let page = try Data(contentsOf: URL(filePath: path))
      #expect(XMLParser(data: page).parse())
      let text = String(decoding: page, as: UTF8.self)
      #expect(!text.lowercased().contains("slot") && !text.contains("Soft"))
      for heading in own { #expect(text.contains("<h2>\(heading)</h2>")) }
      #expect(text.contains("tokens meet no expert"))
      #expect(text.matches(of: /<figure/).count == 6 * sectionCount)
    }
  }

  @Test func inspectSaysWhoChooses() throws {
    try withModel("tokens_choice") { model, _ in
      let text = try Command.succeed(["inspect", model])
      #expect(text.contains("Tokens Choice, 2 of 8 experts, room for 4 tokens each, 768 wide"))
    }
    try withModel("experts_choice") { model, _ in
      #expect(try Command.succeed(["inspect", model]).contains("Experts Choice, 8 experts of 4 tokens each"))
    }
  }
}
