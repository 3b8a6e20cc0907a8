import Checkpoint
import CheckpointImport
import Foundation
import SoftMoEViT
import TestSupport
import Testing

/// Checkpoints of the kinds that people bring, each with what its own library computed: right, or refused by name.
@Suite struct ForeignCheckpointTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    var source = "model.safetensors"
    /// What no tensor tells.
    var change: @Sendable (inout ImportOptions) -> Void = { _ in }
    var testDescription: String { name }
  }

  static let right: [Case] = [
    Case(name: "big_vision_npz", source: "model.npz"), Case(name: "google_npz", source: "model.npz"),
    Case(name: "bwconrad_huge_heads") { $0.headCount = 4 },
    Case(name: "bwconrad_relu") { $0.activation = .relu },
    Case(name: "bwconrad_soft"), Case(name: "fkodom_vit"), Case(name: "hf_clip"), Case(name: "hf_deit"),
    Case(name: "hf_dinov2"),
    Case(name: "hf_siglip"), Case(name: "hf_vit"), Case(name: "lucidrains_geglu"),
    Case(name: "lucidrains_in_timm"), Case(name: "timm_backbone"),
    Case(name: "timm_clip_eps") {
      $0.normEpsilon = 1e-5
      $0.activation = .geluErf
    },
    Case(name: "timm_deit3"), Case(name: "timm_deit_distilled"), Case(name: "timm_fc_norm"),
    Case(name: "timm_gap"), Case(name: "timm_map") { $0.activation = .geluErf },
    Case(name: "timm_no_proj_bias"), Case(name: "timm_prefix_module"),
    Case(name: "timm_qkv_nobias_qknorm"),
    Case(name: "timm_reg_token"), Case(name: "timm_rmsnorm") { $0.normEpsilon = 1e-6 },
    Case(name: "timm_swiglu"), Case(name: "timm_vit_token"), Case(name: "torchvision_vit"),
    Case(name: "vitpytorch_simple") { $0.imageSize = (16, 16) }, Case(name: "vitpytorch_softmoe"),
    Case(name: "vitpytorch_vit"),
    Case(name: "flax_trainstate_msgpack", source: "model.msgpack"),
    Case(name: "vmoe_soft_msgpack", source: "model.msgpack"),
    Case(name: "vmoe_soft_npz", source: "model.npz"),
    Case(name: "vmoe_soft_npz_compressed", source: "model.npz"),
    Case(name: "vmoe_tokens_choice_npz", source: "model.npz", change: tokensChoice),
    Case(name: "vmoe_tokens_choice_index", source: "model.index", change: tokensChoice),
    Case(name: "vmoe_experts_choice_npz", source: "model.npz") {
      ($0.router, $0.capacity, $0.capacityMultiple) = (.expertsChoice, .factor(1), 1)
      $0.dispatchRounding = DispatchRounding.none
    },
  ]

  private static let tokensChoice: @Sendable (inout ImportOptions) -> Void = {
    ($0.router, $0.selectedExperts, $0.capacity) = (.tokensChoice, 2, .unlimited)
    $0.dispatchRounding = DispatchRounding.none
  }

  /// Case, file, and what the sentence names.
  static let refused: [(name: String, source: String, feature: String)] = [
    ("hf_dinov3", "model.safetensors", "rotary positions of DINOv3"),
    ("jetpack_sphero", "model.safetensors", "SpheroMoE"),
    ("lucidrains_dynamic", "model.safetensors", "DynamicSlotsSoftMoE"),
    ("timm_beit", "model.safetensors", "relative position bias of BEiT"),
    ("timm_eva02", "model.safetensors", "EVA"),
    ("timm_gray", "model.safetensors", "images of 1 colour channel"),
    ("vmoe_soft_orbax", "model.orbax", "Orbax"),
  ]

  @Test(.enabled(if: sharedFolder != nil), arguments: right)
  func whatItsLibraryComputesComesOut(_ item: Case) throws {
    let folder = shared("golden/import/\(item.name)") + "/"
    try check(folder + item.source, folder + "pixels.safetensors", folder + "expected.safetensors") {
      options in
      let arguments = (try? String(contentsOfFile: folder + "args", encoding: .utf8)) ?? ""
      let words = arguments.split(whereSeparator: \.isWhitespace)
      for (option, value) in zip(words, words.dropFirst()) {
        if option == "--heads" { options.headCount = Int(value) }
        if option == "--dispatch-rounding", let rounding = DispatchRounding(rawValue: String(value)) {
          options.dispatchRounding = rounding
        }
      }
      item.change(&options)
    }
  }

  @Test(.enabled(if: sharedFolder != nil), arguments: refused)
  func whatCannotBeRunIsRefusedByItsName(_ name: String, _ source: String, _ feature: String) {
    var options = ImportOptions()
    options.headCount = 2
    let error = #expect(throws: ImportError.self) {
      try CheckpointImport(path: shared("golden/import/\(name)/\(source)"), options: options)
    }
    #expect(error?.description.contains(feature) == true, "\(error?.description ?? "")")
  }

  /// Tiny models that Families/make.py made with the libraries themselves.
  static let fixtures: [Case] = [
    Case(name: "hf_vit_pooler") { $0.headCount = 2 }, Case(name: "hf_deit_teacher") { $0.headCount = 2 },
    Case(name: "hf_dinov2_registers") { $0.headCount = 2 },
    Case(name: "hf_clip_projection") { $0.headCount = 2 }, Case(name: "hf_siglip_tower") { $0.headCount = 2 },
    Case(name: "timm_respost") { ($0.headCount, $0.blockNorm) = (2, .afterBranch) },
    Case(name: "timm_registers_in_positions") { ($0.headCount, $0.pooling) = (2, .gap) },
    Case(name: "timm_mean_then_norm") { ($0.headCount, $0.pooling, $0.finalNorm) = (2, .gap, .features) },
    Case(name: "vitpytorch_narrow_heads") { $0.headCount = 3 },
    Case(name: "vitpytorch_one_head") { $0.headCount = 1 },
    Case(name: "simple_vit_rect") { ($0.headCount, $0.imageSize) = (2, (8, 12)) },
    Case(name: "fkodom_soft") { $0.headCount = 2 }, Case(name: "lucidrains_layernorm") { $0.headCount = 2 },
    Case(name: "jetpack_single") { $0.headCount = 2 }, Case(name: "hf_mae") { $0.headCount = 2 },
    Case(name: "open_clip") { ($0.headCount, $0.activation) = (2, .quickGelu) },
  ]

  @Test(arguments: fixtures) func whatItsLibraryComputesComesOutOfAFixture(_ item: Case) throws {
    let path = packageRoot.appending(path: "Tests/CheckpointImportTests/Fixtures/Families/\(item.name)").path
    try check(
      "\(path).safetensors", "\(path).expected.safetensors", "\(path).expected.safetensors", key: "expected",
      item.change)
  }

  /// Small random models of transformers' own, of the kind that an id names.
  private static let ids = [
    ("hf_vit", "google/vit-base-patch16-224"), ("hf_deit", "facebook/deit-small-distilled-patch16-224"),
    ("hf_dinov2", "facebook/dinov2-large-imagenet1k-1-layer"), ("hf_clip", "openai/clip-vit-base-patch32"),
    ("hf_siglip", "google/siglip2-base-patch16-256"),
  ]

  @Test(.enabled(if: sharedFolder != nil), arguments: ids)
  func anIDOfHuggingFaceTellsWhatTheTensorsDoNot(_ name: String, _ id: String) throws {
    let folder = shared("golden/import/\(name)") + "/"
    try withTemporaryFile("model.safetensors") { copy in
      try FileManager.default.copyItem(atPath: folder + "model.safetensors", toPath: copy)
      try check(copy, folder + "pixels.safetensors", folder + "expected.safetensors") {
        ($0.architecture, $0.headCount) = (id, 2)
      }
    }
  }

  private static let fixtureIDs = [
    ("hf_vit_pooler", "google/vit-large-patch32-224-in21k"),
    ("hf_dinov2_registers", "facebook/dinov2-with-registers-giant-imagenet1k-1-layer"),
    ("hf_clip_projection", "openai/clip-vit-large-patch14"),
    ("hf_siglip_tower", "google/siglip-so400m-patch14-384"),
  ]

  @Test(arguments: fixtureIDs) func anIDOfHuggingFaceTellsWhatAFixtureDoesNot(_ name: String, _ id: String)
    throws
  {
    let path = packageRoot.appending(path: "Tests/CheckpointImportTests/Fixtures/Families/\(name)").path
    let expected = "\(path).expected.safetensors"
    try check("\(path).safetensors", expected, expected, key: "expected") {
      ($0.architecture, $0.headCount) = (id, 2)
    }
  }

  @Test func whatNothingTellsIsAskedFor() {
    let path = packageRoot.appending(path: "Tests/CheckpointImportTests/Fixtures/Families/timm_respost").path
    #expect(
      throws: ImportError.option(
        name: "heads", problem: "the tensors do not tell it; give it, likely 1 or 2 or 4")
    ) { try CheckpointImport(path: "\(path).safetensors", options: ImportOptions()) }
  }

  /// No answer of it is an image's own.
  @Test func theViTThatAttendsOverTheBatchIsRefusedByItsName() throws {
    try withTemporaryFile("model.safetensors") { path in
      let names = ["pos_embedding", "patch_to_embedding.1.weight", "encoder.layers.0.linear2.weight"]
      try Data(safetensors(names.map { (name: $0, shape: [1]) })).write(to: URL(filePath: path))
      let error = #expect(throws: ImportError.self) {
        try CheckpointImport(path: path, options: ImportOptions())
      }
      #expect(error?.description.contains("the dense ViT of fkodom/soft-mixture-of-experts") == true)
    }
  }

  /// Imports, runs, and compares logits (features where there is no head) with what was expected.
  private func check(
    _ source: String, _ pixels: String, _ expected: String, key: String = "logits",
    _ change: (inout ImportOptions) -> Void
  ) throws {
    var options = ImportOptions()
    change(&options)
    let expected = try #require(ExpectedValues(path: expected)[key])
    try withTemporaryFile("model.smoe") { path in
      let imported = try CheckpointImport(path: source, options: options)
      try imported.write(to: path, .plain(for: imported.configuration))
      try ModelTrace(of: SoftMoEViT(Checkpoint(path: path)), pixels: pixels)
        .write(to: path + ".trace", threads: ThreadPool(threadCount: 1), kernels: KernelSet(.auto))
      let trace = try ExpectedValues(path: path + ".trace")
      let found = try #require(trace[imported.configuration.classCount > 0 ? "logits" : "features"])
      let largest = expected.elements.reduce(1) { max($0, abs($1)) }
      #expect(found.shape == expected.shape)
      #expect(largestDifference(found.elements, expected.elements) < 1e-4 * largest)
    }
  }
}
