/// A configuration that describes no model.
public struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The key, as in the checkpoint's metadata.
  public let key: String
  /// What was expected and what was found.
  public let problem: String

  /// One line for the person who has to mend the file.
  public var description: String { "configuration.\(key): \(problem)" }
}

extension ModelConfiguration {
  /// Of an image, in pixels.
  package static let longestSide = 16_384

  /// Checks that every number is possible and that they fit each other.
  ///
  /// The bounds are far above any published model; they keep products of sizes within 63 bits.
  /// - Throws: `ConfigurationError` for the first key that is wrong.
  public func validate() throws(ConfigurationError) {
    try require("image_height", imageHeight, in: 1...Self.longestSide)
    try require("image_width", imageWidth, in: 1...Self.longestSide)
    try require("patch_size", patchSize, in: 1...Self.longestSide)
    try require("width", width, in: 1...65_536)
    try require("depth", depth, in: 1...1_024)
    try require("head_count", headCount, in: 1...65_536)
    try require("mlp_width", mlpWidth, in: 1...1_048_576)
    try require("class_count", classCount, in: 0...1_048_576)
    try require("prefix_token_count", prefixTokenCount, in: 0...65_536)
    try require("head_width", headWidth, in: 1...65_536)
    try check(
      attentionWidth <= 262_144, "head_width",
      "\(headCount) heads of \(headWidth) numbers, expected at most 262144 in all")
    if let preLogitsWidth { try require("pre_logits_width", preLogitsWidth, in: 1...1_048_576) }
    try check(
      imageHeight % patchSize == 0, "image_height",
      "\(imageHeight) is no multiple of the patch size \(patchSize)")
    try check(
      imageWidth % patchSize == 0, "image_width",
      "\(imageWidth) is no multiple of the patch size \(patchSize)")
    // Without a position embedding no tensor bounds them.
    try check(
      patchCount <= 65_536, "image_height",
      "\(imageHeight)x\(imageWidth) makes \(patchCount) patches, expected at most 65536")
    // Without it a token of equal numbers is divided by zero.
    try check(
      normEpsilon > 0 && normEpsilon < 1, "norm_epsilon",
      "expected a number above 0, below 1, found \(normEpsilon)")
    try check(
      classToken || ![.classToken, .classTokenAndMean].contains(pooling), "pooling",
      "'\(pooling.rawValue)' needs a model with a class token")
    try check(
      pooling != .twoTokens || leadingTokenCount >= 2, "pooling",
      "'two_tokens' needs two tokens before the patches")
    // The probe's heads lie side by side in the tokens' width.
    try check(
      pooling != .map || attentionWidth == width, "pooling", "'map' needs heads that fill the width")
    try check(
      finalNorm != .features || pooling.tokenShare == 1, "final_norm", "'features' is for one pooled token")
    try check(
      blockNorm != .afterBranch || moe == nil, "block_norm", "'after_branch' is for models without experts")
    try check(
      blockNorm != .afterBranch || !layerScale, "layer_scale",
      "'after_branch' has no gains; its norms scale the branches")
    try check(
      !classToken || pooling != .firstToken, "pooling", "'first_token' is for a model without a class token")
    try moe?.validate(depth: depth)
  }
}

extension ModelConfiguration.SoftMoE {
  func validate(depth: Int) throws(ConfigurationError) {
    try check(!layers.isEmpty, "moe.layers", "expected at least one layer; a dense model has moe null")
    try check(
      zip(layers, layers.dropFirst()).allSatisfy { $0 < $1 }
        && layers.allSatisfy { (0..<depth).contains($0) },
      "moe.layers", "expected ascending indices below the depth \(depth), found \(layers)")
    try require("moe.expert_count", expertCount, in: 1...65_536)
    try require("moe.slots_per_expert", slotsPerExpert, in: 1...65_536)
    try check(
      slotCount <= 1_048_576, "moe.expert_count",
      "\(expertCount) experts of \(slotsPerExpert) slots, expected at most 1048576 slots")
    try require("moe.expert_width", expertWidth, in: 1...1_048_576)
    try require("moe.capacity_multiple", capacityMultiple, in: 1...65_536)
    try validateRouter()
    try check(
      expertKind == .mlp || router == .soft && normalization == .none && !gated, "moe.expert_kind",
      "'second_product' is for a soft router of normalization 'none' and experts without gates")
    try check(
      normalizationEpsilon < 1
        && (normalizationEpsilon > 0 || normalization == .none && normalizationEpsilon == 0),
      "moe.normalization_epsilon", "expected a number above 0, below 1, found \(normalizationEpsilon)")
  }

  private func validateRouter() throws(ConfigurationError) {
    let name = router.rawValue
    switch router {
    case .tokensChoice: try require("moe.selected_experts", selectedExperts, in: 1...expertCount)
    case .expertsChoice:
      try check(
        capacityFactor != nil, "moe.capacity_factor", "'\(name)' needs one: experts would take all tokens")
      fallthrough
    case .soft:
      try check(
        selectedExperts == 0 && !batchPriority && !renormalizedGates, "moe.selected_experts",
        "with batch_priority and renormalized_gates it is for 'tokens_choice', not for '\(name)'")
    }
    guard router != .soft else {
      return try check(capacityFactor == nil, "moe.capacity_factor", "'soft' has none: it drops no token")
    }
    try check(
      slotsPerExpert == 1 && slotSource == .tokens, "moe.slots_per_expert",
      "'\(name)' works on tokens as they are: expected 1 with slot_source 'tokens'")
    if let capacityFactor {
      try check(
        capacityFactor > 0 && capacityFactor <= 65_536, "moe.capacity_factor",
        "expected a number above 0, at most 65536, found \(capacityFactor)")
    }
  }
}

private func require(_ key: String, _ value: Int, in range: ClosedRange<Int>) throws(ConfigurationError) {
  try check(
    range.contains(value), key, "expected \(range.lowerBound)…\(range.upperBound), found \(value)")
}

private func check(_ condition: Bool, _ key: String, _ problem: @autoclosure () -> String)
  throws(ConfigurationError)
{
  guard condition else { throw ConfigurationError(key: key, problem: problem()) }
}
