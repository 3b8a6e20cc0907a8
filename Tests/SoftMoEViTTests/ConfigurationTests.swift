import Checkpoint
import Foundation
import SoftMoEViT
import Testing

/// A sound configuration, one change, the key that is named and what is said of it.
private struct BadConfiguration: Sendable, CustomTestStringConvertible {
  let key, problem: String
  let change: @Sendable (inout ModelConfiguration) -> Void
  var testDescription: String { "\(key): \(problem)" }

  init(_ key: String, _ problem: String, _ change: @Sendable @escaping (inout ModelConfiguration) -> Void) {
    (self.key, self.problem, self.change) = (key, problem, change)
  }

  static let sound = ModelConfiguration(
    imageHeight: 32, imageWidth: 48, patchSize: 16, width: 64, depth: 4, headCount: 4, mlpWidth: 128,
    classCount: 10, activation: .geluTanh, normEpsilon: 1e-6, classToken: false, position: .allTokens,
    patchBias: true, preNorm: false, qkvBias: true, qkNorm: .none, layerScale: false, finalNorm: .tokens,
    pooling: .mean, preLogitsWidth: nil,
    moe: .init(
      layers: [2, 3], expertCount: 8, slotsPerExpert: 2, expertWidth: 128, normalization: .epsilonInsideRoot,
      normalizationEpsilon: 1e-6, slotSource: .tokens, dispatchRounding: .none))
}

@Suite struct ConfigurationTests {
  @Test(arguments: [
    BadConfiguration("image_height", "expected 1…16384, found 0") { $0.imageHeight = 0 },
    BadConfiguration("image_height", "expected 1…16384, found -16") { $0.imageHeight = -16 },
    BadConfiguration("image_height", "40 is no multiple of the patch size 16") { $0.imageHeight = 40 },
    BadConfiguration("image_width", "expected 1…16384, found 4294967296") { $0.imageWidth = 1 << 32 },
    BadConfiguration("image_width", "40 is no multiple of the patch size 16") { $0.imageWidth = 40 },
    BadConfiguration("image_height", "8192x8192 makes 67108864 patches, expected at most 65536") {
      ($0.imageHeight, $0.imageWidth, $0.patchSize) = (8192, 8192, 1)
    },
    BadConfiguration("patch_size", "expected 1…16384, found 0") { $0.patchSize = 0 },
    BadConfiguration("image_height", "32 is no multiple of the patch size 7") { $0.patchSize = 7 },
    BadConfiguration("width", "expected 1…65536, found 0") { $0.width = 0 },
    BadConfiguration("width", "found 9223372036854775807") { $0.width = .max },
    BadConfiguration("depth", "expected 1…1024, found 0") { $0.depth = 0 },
    BadConfiguration("head_count", "expected 1…65536, found 0") { $0.headCount = 0 },
    BadConfiguration("head_width", "expected 1…65536, found 0") { $0.headWidth = 0 },
    BadConfiguration("head_width", "65536 heads of 65536 numbers, expected at most 262144 in all") {
      ($0.headCount, $0.headWidth) = (65_536, 65_536)
    },
    BadConfiguration("prefix_token_count", "expected 0…65536, found -1") { $0.prefixTokenCount = -1 },
    BadConfiguration("pooling", "'class_token_and_mean' needs a model with a class token") {
      $0.pooling = .classTokenAndMean
    },
    BadConfiguration("pooling", "'two_tokens' needs two tokens before the patches") {
      ($0.pooling, $0.prefixTokenCount) = (.twoTokens, 1)
    },
    BadConfiguration("pooling", "'map' needs heads that fill the width") {
      ($0.pooling, $0.headWidth) = (.map, 8)
    },
    BadConfiguration("final_norm", "'features' is for one pooled token") {
      ($0.classToken, $0.pooling, $0.finalNorm) = (true, .classTokenAndMean, .features)
    },
    BadConfiguration("layer_scale", "'after_branch' has no gains; its norms scale the branches") {
      ($0.blockNorm, $0.layerScale, $0.moe) = (.afterBranch, true, nil)
    },
    BadConfiguration("block_norm", "'after_branch' is for models without experts") {
      $0.blockNorm = .afterBranch
    },
    BadConfiguration("moe.expert_kind", "'second_product' is for a soft router of normalization 'none'") {
      $0.moe?.expertKind = .secondProduct
    },
    BadConfiguration("moe.expert_kind", "experts without gates") {
      $0.moe?.expertKind = .secondProduct
      $0.moe?.normalization = .none
      $0.moe?.gated = true
    },
    BadConfiguration("mlp_width", "expected 1…1048576, found 0") { $0.mlpWidth = 0 },
    BadConfiguration("class_count", "expected 0…1048576, found -1") { $0.classCount = -1 },
    BadConfiguration("pre_logits_width", "expected 1…1048576, found -1") { $0.preLogitsWidth = -1 },
    BadConfiguration("norm_epsilon", "expected a number above 0, below 1, found -1.0") {
      $0.normEpsilon = -1
    },
    BadConfiguration("norm_epsilon", "expected a number above 0, below 1, found nan") {
      $0.normEpsilon = .nan
    },
    BadConfiguration("norm_epsilon", "found 0.0", { $0.normEpsilon = 0 }),
    BadConfiguration("norm_epsilon", "found 3e+38", { $0.normEpsilon = 3e38 }),
    BadConfiguration("moe.normalization_epsilon", "found 0.0", { $0.moe?.normalizationEpsilon = 0 }),
    BadConfiguration("moe.capacity_multiple", "expected 1…65536, found 0") { $0.moe?.capacityMultiple = 0 },
    BadConfiguration("pooling", "'class_token' needs a model with a class token") {
      $0.pooling = .classToken
    },
    BadConfiguration("pooling", "'first_token' is for a model without a class token") {
      ($0.classToken, $0.pooling) = (true, .firstToken)
    },
    BadConfiguration("moe.layers", "expected at least one layer") { $0.moe?.layers = [] },
    BadConfiguration("moe.layers", "below the depth 4, found [2, 4]") { $0.moe?.layers = [2, 4] },
    BadConfiguration("moe.layers", "expected ascending indices", { $0.moe?.layers = [3, 2] }),
    BadConfiguration("moe.layers", "expected ascending indices", { $0.moe?.layers = [2, 2] }),
    BadConfiguration("moe.layers", "found [-1]") { $0.moe?.layers = [-1] },
    BadConfiguration("moe.expert_count", "expected 1…65536, found 0") { $0.moe?.expertCount = 0 },
    BadConfiguration("moe.expert_count", "found -8") { $0.moe?.expertCount = -8 },
    BadConfiguration("moe.slots_per_expert", "expected 1…65536, found 0") { $0.moe?.slotsPerExpert = 0 },
    BadConfiguration("moe.expert_count", "65536 experts of 65536 slots, expected at most 1048576 slots") {
      $0.moe?.expertCount = 65_536
      $0.moe?.slotsPerExpert = 65_536
    },
    BadConfiguration("moe.expert_width", "expected 1…1048576, found 0") { $0.moe?.expertWidth = 0 },
    BadConfiguration("moe.normalization_epsilon", "expected a number above 0, below 1, found inf") {
      $0.moe?.normalizationEpsilon = .infinity
    },
  ])
  fileprivate func whatDescribesNoModelIsNamed(_ bad: BadConfiguration) throws {
    var configuration = BadConfiguration.sound
    try configuration.validate()
    bad.change(&configuration)
    let error = #expect(throws: ConfigurationError.self) { try configuration.validate() }
    #expect(error?.key == bad.key)
    #expect(error?.problem.contains(bad.problem) == true, "\(error?.problem ?? "")")
  }

  private func decoded(_ json: String) throws -> ModelConfiguration {
    try Array(json.utf8).withUnsafeBytes { try StrictJSON.decode(from: $0) }
  }

  /// A file that names no router has the soft one; one that is not known is refused by name.
  @Test func theRouterIsReadFromTheFile() throws {
    let json = String(decoding: try JSONEncoder().encode(BadConfiguration.sound), as: UTF8.self)
    let named = "\"router\":\"soft\""
    #expect(json.contains(named))
    #expect(try decoded(json) == BadConfiguration.sound)
    let without = json.replacing("\(named),", with: "").replacing(",\(named)", with: "")
    #expect(!without.contains("\"router\""))
    #expect(try decoded(without) == BadConfiguration.sound)
    for other in ["\"hash\"", "null", "1", "\"Soft\""] {
      let error = #expect(throws: StrictJSON.Problem.self) {
        try decoded(json.replacing(named, with: "\"router\":\(other)"))
      }
      #expect(error?.path == ["moe", "router"])
      if other.contains("hash") { #expect(error?.text.contains("hash") == true) }
    }
  }

  /// Keys that came later may be missing; then a file means what it meant.
  @Test func filesFromBeforeAKeyMeanWhatTheyMeant() throws {
    var json = try #require(
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(BadConfiguration.sound)) as? [String: Any])
    var moe = try #require(json["moe"] as? [String: Any])
    for key in ["router", "gated", "norm", "router_bias", "expert_kind"] {
      #expect(moe.removeValue(forKey: key) != nil)
    }
    json["moe"] = moe
    for key in ["prefix_token_count", "patch_norm", "head_width", "block_norm", "norm", "gated_mlp"] {
      #expect(json.removeValue(forKey: key) != nil)
    }
    func text() throws -> String {
      String(decoding: try JSONSerialization.data(withJSONObject: json), as: UTF8.self)
    }
    #expect(try decoded(text()) == BadConfiguration.sound)
    json["head_count"] = 7
    let error = #expect(throws: StrictJSON.Problem.self) { try decoded(text()) }
    #expect(error?.path == ["head_count"])
    #expect(error?.text == "7 heads do not divide the width 64, and no head_width is given")
  }
}
