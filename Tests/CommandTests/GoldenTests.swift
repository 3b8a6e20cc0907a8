import Checkpoint
import CheckpointImport
import Foundation
import TestSupport
import Testing

/// A model that a published implementation ran, imported and traced as a user would.
struct PublishedCase: Sendable, CustomTestStringConvertible {
  /// Where the weights lie.
  var source: String
  /// Where the values lie that the implementation computed.
  var expected: String
  /// Which of them are the logits.
  var logits = "logits"
  /// What the import must be told.
  var options: [String] = []
  var tolerance: Float = 1e-4

  var testDescription: String { source.split(separator: "/").suffix(2).joined(separator: "/") }
}

/// Values that google-research/vmoe and bwconrad/soft-moe computed themselves.
@Suite(.enabled(if: sharedFolder != nil)) struct GoldenTests {
  static let vmoe = [
    vmoe("vmoe_gap_qknorm"), vmoe("vmoe_token_2slots"), vmoe("vmoe_rect", "--image", "24x40"),
    vmoe("vmoe_map_sincos", "--image", "32x32"),
    vmoe("vmoe_prelogits_first_token", "--pooling", "first"),
  ].flatMap { archive in
    // Each is there as a NumPy archive and as MessagePack.
    var packed = archive
    packed.source = archive.source.replacingOccurrences(of: ".npz", with: ".msgpack")
    return [archive, packed]
  }

  /// Sparse routers, two of them in the layout of vmoe's released checkpoints.
  static let sparse =
    [
      vmoe(
        "vmoe_tokens_choice_bpr", "--router", "tokens_choice", "--selected-experts", "2", "--capacity-factor",
        "1",
        "--batch-priority"),
      vmoe("vmoe_experts_choice", "--router", "experts_choice", "--capacity-factor", "1"),
    ]
    + [
      sharded(
        "vmoe_sharded_tokens_choice", "--router", "tokens_choice", "--selected-experts", "2",
        "--capacity-factor",
        "1.05"),
      sharded(
        "vmoe_sharded_bpr_low_capacity", "--router", "tokens_choice", "--selected-experts", "1",
        "--capacity-factor", "0.5", "--batch-priority"),
    ]

  static let timm = [
    timm("bwconrad_default", "--heads", "4"), timm("bwconrad_avg_fcnorm_2slots", "--heads", "4"),
    timm("bwconrad_bf16", "--heads", "4"), timm("bwconrad_qknorm_layerscale"),
    timm("bwconrad_prenorm_rect", "--heads", "4", "--pooling", "gap", "--image", "24x40"),
  ]

  private static func vmoe(_ name: String, _ options: String...) -> PublishedCase {
    PublishedCase(
      source: shared("golden/\(name)/params.npz"), expected: shared("golden/\(name)/expected.safetensors"),
      logits: "logits_fp32_dispatch", options: options)
  }

  private static func sharded(_ name: String, _ options: String...) -> PublishedCase {
    PublishedCase(
      source: shared("golden/\(name)/checkpoint"), expected: shared("golden/\(name)/expected.safetensors"),
      logits: "logits_fp32_dispatch", options: options)
  }

  private static func timm(_ name: String, _ options: String...) -> PublishedCase {
    PublishedCase(
      source: shared("golden/\(name)/model.safetensors"),
      expected: shared("golden/\(name)/expected.safetensors"), options: options)
  }

  @Test(arguments: vmoe + timm)
  func agreesWithThePublishedImplementation(_ published: PublishedCase) throws {
    try expectAgreement(published)
  }

  @Test(arguments: sparse)
  func agreesWithThePublishedSparseRouters(_ published: PublishedCase) throws {
    var exact = published
    exact.options += ["--dispatch-rounding", "none"]
    try expectAgreement(exact)
  }

  /// vmoe as it is released rounds to bfloat16 before dispatch and combine.
  @Test(arguments: vmoe + sparse)
  func agreesWithReleasedRounding(_ published: PublishedCase) throws {
    var rounded = published
    rounded.logits = "logits_bf16_dispatch"
    rounded.options += ["--dispatch-rounding", "bfloat16"]
    rounded.tolerance = 3e-4
    try expectAgreement(rounded, routing: false)
  }
}

/// The same on tiny models that lie here, made with the published packages by Fixtures/make.py.
@Suite struct FixtureTests {
  @Test(arguments: ["soft_moe", "one_expert_rect", "patch_positions", "unscaled", "dense_timm"])
  func agreesWithThePublishedPackages(_ name: String) throws {
    let folder = packageRoot.appending(path: "Tests/CommandTests/Fixtures").path
    let options = ["--heads", "2"] + (name.contains("rect") ? ["--image", "16x24"] : [])
    try expectAgreement(
      PublishedCase(
        source: "\(folder)/\(name).safetensors", expected: "\(folder)/\(name).expected.safetensors",
        options: options))
  }
}

/// Imports and traces with the command; compares logits, features (where given) and routing weights.
private func expectAgreement(_ published: PublishedCase, routing: Bool = true) throws {
  let expected = try ExpectedValues(path: published.expected)
  let traced = try trace(published.source, published.options, try expected.pixels)
  #expect(difference(traced["logits"], expected[published.logits]) < published.tolerance)
  guard routing else { return }
  if let features = expected["features"] {
    #expect(difference(traced["features"], features) < published.tolerance)
  }
  for (name, values) in expected.tensors {
    guard let underscore = name.lastIndex(of: "_") else { continue }
    let (kind, block) = (name[..<underscore], name[name.index(after: underscore)...])
    guard kind == "dispatch" || kind == "combine", Int(block) != nil else { continue }
    #expect(difference(traced["\(kind).\(block)"], values) < published.tolerance, "\(name)")
  }
}

/// `softmoe import`, then `softmoe trace`.
func trace(_ source: String, _ options: [String], _ pixels: ExpectedValues.Values) throws -> ExpectedValues {
  try withTemporaryFile("model.smoe") { model in
    try Command.succeed(["import", source, "--output", model] + options)
    return try traceModel(model, pixels)
  }
}

/// `softmoe trace`.
func traceModel(_ model: String, _ pixels: ExpectedValues.Values) throws -> ExpectedValues {
  try withTemporaryFile("pixels") { input in
    let writer = try SafetensorsWriter(path: input, shapes: ["pixels": pixels.shape])
    try writer.write(pixels.elements, of: "pixels", atRow: 0)
    try writer.finish()
    try Command.succeed(["trace", model, "--pixels", input, "--output", input + ".trace"])
    return try ExpectedValues(path: input + ".trace")
  }
}

private func difference(_ found: ExpectedValues.Values?, _ expected: ExpectedValues.Values?) -> Float {
  guard let found, let expected else { return .infinity }
  return largestDifference(found.elements, expected.elements)
}
