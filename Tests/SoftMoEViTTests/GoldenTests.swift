import Checkpoint
import CheckpointImport
import ImageInput
import SoftMoEViT
import TestSupport
import Testing

/// Values that google-research/vmoe and bwconrad/soft-moe computed themselves.
@Suite struct GoldenTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let folder: String
    var source: String
    let logits: String
    var heads: Int?
    var pooling: PoolingOption?
    var imageSize: (height: Int, width: Int)?
    var testDescription: String { "\(folder)/\(source)" }
  }

  /// vmoe's cases are there as NumPy archives and as MessagePack.
  static let cases =
    published
    + published.filter { $0.source == "params.npz" }.map {
      var other = $0
      other.source = "params.msgpack"
      return other
    }

  private static let published = [
    Case(folder: "vmoe_gap_qknorm", source: "params.npz", logits: "logits_fp32_dispatch"),
    Case(folder: "vmoe_token_2slots", source: "params.npz", logits: "logits_fp32_dispatch"),
    Case(
      folder: "vmoe_rect", source: "params.npz", logits: "logits_fp32_dispatch", imageSize: (24, 40)),
    Case(
      folder: "vmoe_map_sincos", source: "params.npz", logits: "logits_fp32_dispatch", imageSize: (32, 32)),
    Case(
      folder: "vmoe_prelogits_first_token", source: "params.npz", logits: "logits_fp32_dispatch",
      pooling: .first),
    Case(folder: "bwconrad_default", source: "model.safetensors", logits: "logits", heads: 4),
    Case(folder: "bwconrad_avg_fcnorm_2slots", source: "model.safetensors", logits: "logits", heads: 4),
    Case(folder: "bwconrad_bf16", source: "model.safetensors", logits: "logits", heads: 4),
    Case(folder: "bwconrad_qknorm_layerscale", source: "model.safetensors", logits: "logits"),
    Case(
      folder: "bwconrad_prenorm_rect", source: "model.safetensors", logits: "logits", heads: 4,
      pooling: .gap, imageSize: (24, 40)),
  ]

  @Test(.enabled(if: sharedFolder != nil), arguments: cases)
  func agreesWithThePublishedImplementation(_ golden: Case) throws {
    let folder = shared("golden/\(golden.folder)")
    var options = ImportOptions()
    options.headCount = golden.heads
    options.pooling = golden.pooling
    options.imageSize = golden.imageSize
    try expectAgreement(
      of: importedModel(folder + "/" + golden.source, options),
      with: ExpectedValues(path: folder + "/expected.safetensors"), logits: golden.logits)
  }

  @Test(.enabled(if: sharedFolder != nil), arguments: [ElementType.f16, .bf16])
  func fewerBitsAgreeRoughly(_ type: ElementType) throws {
    let folder = shared("golden/vmoe_gap_qknorm")
    var options = ImportOptions()
    options.matrixType = type
    let expected = try ExpectedValues(path: folder + "/expected.safetensors")
    let model = try importedModel(folder + "/params.npz", options)
    let images = expected.images
    var workspace = Workspace(for: model.configuration, maxImageCount: images.count, threadCount: 1)
    for (index, image) in images.enumerated() { model.load(image, at: index, &workspace) }
    model.forward(imageCount: images.count, &workspace)
    let tolerance: Float = type == .f16 ? 2e-2 : 2e-1
    for index in images.indices {
      let logits = expected["logits_fp32_dispatch"]?.slice(index) ?? []
      #expect(largestDifference(workspace.logits(of: index), logits) < tolerance)
    }
  }

  /// vmoe as it is released rounds to bfloat16 before dispatch and combine.
  @Test(
    .enabled(if: sharedFolder != nil), arguments: cases.filter { $0.source == "params.npz" })
  func agreesWithReleasedRounding(_ golden: Case) throws {
    let folder = shared("golden/\(golden.folder)")
    var options = ImportOptions()
    options.pooling = golden.pooling
    options.imageSize = golden.imageSize
    options.dispatchRounding = .bfloat16
    let model = try importedModel(folder + "/" + golden.source, options)
    let expected = try ExpectedValues(path: folder + "/expected.safetensors")
    let images = expected.images
    var workspace = Workspace(for: model.configuration, maxImageCount: images.count, threadCount: 2)
    for (index, image) in images.enumerated() { model.load(image, at: index, &workspace) }
    model.forward(imageCount: images.count, &workspace)
    for index in images.indices {
      let logits = expected["logits_bf16_dispatch"]?.slice(index) ?? []
      #expect(largestDifference(workspace.logits(of: index), logits) < 3e-4)
    }
  }
}

/// The same on tiny models that lie here, made with the published packages by Fixtures/make.py.
@Suite struct FixtureTests {
  @Test(arguments: ["soft_moe", "one_expert_rect", "patch_positions", "unscaled", "dense_timm"])
  func agreesWithThePublishedPackages(_ name: String) throws {
    let folder = packageRoot.appending(path: "Tests/SoftMoEViTTests/Fixtures").path
    var options = ImportOptions()
    options.headCount = 2
    if name.contains("rect") { options.imageSize = (16, 24) }
    try expectAgreement(
      of: importedModel("\(folder)/\(name).safetensors", options),
      with: ExpectedValues(path: "\(folder)/\(name).expected.safetensors"), logits: "logits")
  }
}

/// Logits, features (where given), dispatch and combine weights within 1e-4.
private func expectAgreement(of model: SoftMoEViT, with expected: ExpectedValues, logits: String) throws {
  let images = expected.images
  let m = model.configuration.tokenCount
  var workspace = Workspace(for: model.configuration, maxImageCount: images.count, threadCount: 2)
  for (index, image) in images.enumerated() { model.load(image, at: index, &workspace) }
  model.forward(imageCount: images.count, &workspace) { layer, workspace in
    let name = model.configuration.moeLayers[layer]
    for index in images.indices {
      let dispatch = workspace.dispatchWeights(of: index, tokenCount: m).flatMap(\.self)
      let combine = workspace.combineWeights(of: index, tokenCount: m).flatMap(\.self)
      #expect(largestDifference(dispatch, expected["dispatch_\(name)"]?.slice(index) ?? []) < 1e-4)
      #expect(largestDifference(combine, expected["combine_\(name)"]?.slice(index) ?? []) < 1e-4)
    }
  }
  for index in images.indices {
    #expect(largestDifference(workspace.logits(of: index), expected[logits]?.slice(index) ?? []) < 1e-4)
    if let features = expected["features"] {
      #expect(largestDifference(workspace.features(of: index), features.slice(index)) < 1e-4)
    }
  }
}

/// Imports a source to a temporary checkpoint and opens it.
func importedModel(_ source: String, _ options: ImportOptions) throws -> SoftMoEViT {
  try withTemporaryFile("model.smoe") { path in
    let imported = try CheckpointImport(path: source, options: options)
    try imported.write(to: path, .plain(for: imported.configuration))
    return try SoftMoEViT(Checkpoint(path: path))
  }
}

extension ModelDescription {
  /// Labels and preprocessing that fit, where a test cares for neither.
  static func plain(for configuration: ModelConfiguration) -> ModelDescription {
    ModelDescription(
      name: "test", labels: (0..<configuration.classCount).map { "class \($0)" },
      preprocessing: Preprocessing(
        resizeShorter: min(configuration.imageHeight, configuration.imageWidth), filter: .bicubic,
        cropHeight: configuration.imageHeight, cropWidth: configuration.imageWidth, mean: [0, 0, 0],
        std: [1, 1, 1]), provenance: [:])
  }
}
