import CheckpointImport
import Foundation
import ImageInput
import SoftMoEViT
import TestSupport
import Testing

/// Who decides what tensors leave open, and what is asked rather than guessed.
@Suite struct DecisionsTests {
  /// A timm model of one block with patches of 2 × 2 pixels on images of 8 × 8, all zeros.
  private func model(width: Int, _ more: [(name: String, shape: [Int])] = []) -> [UInt8] {
    safetensors(tensors(width: width) + more)
  }

  private func tensors(width d: Int) -> [(name: String, shape: [Int])] {
    var tensors: [(name: String, shape: [Int])] = [
      ("patch_embed.proj.weight", [d, 3, 2, 2]), ("patch_embed.proj.bias", [d]), ("cls_token", [1, 1, d]),
      ("pos_embed", [1, 17, d]), ("blocks.0.attn.qkv.weight", [3 * d, d]),
      ("blocks.0.attn.qkv.bias", [3 * d]),
      ("blocks.0.attn.proj.weight", [d, d]), ("blocks.0.attn.proj.bias", [d]),
      ("blocks.0.mlp.fc1.weight", [8, d]), ("blocks.0.mlp.fc1.bias", [8]),
      ("blocks.0.mlp.fc2.weight", [d, 8]),
      ("blocks.0.mlp.fc2.bias", [d]), ("head.weight", [3, d]), ("head.bias", [3]),
    ]
    for norm in ["blocks.0.norm1", "blocks.0.norm2", "norm"] {
      tensors += [(norm + ".weight", [d]), (norm + ".bias", [d])]
    }
    return tensors
  }

  /// Imports a model that lies beside a `config.json`.
  private func decided(
    _ bytes: [UInt8], beside configuration: String? = nil, _ change: (inout ImportOptions) -> Void = { _ in }
  ) throws -> CheckpointImport {
    try withTemporaryFile("model.safetensors") { path in
      try Data(bytes).write(to: URL(filePath: path))
      if let configuration {
        let file = URL(filePath: path).deletingLastPathComponent().appending(path: "config.json")
        try Data(configuration.utf8).write(to: file)
      }
      var options = ImportOptions()
      change(&options)
      return try CheckpointImport(path: path, options: options)
    }
  }

  private func origin(_ setting: Setting, _ imported: CheckpointImport) -> Origin? {
    imported.decisions.first { $0.setting == setting }?.origin
  }

  private func problem(
    _ bytes: [UInt8], beside configuration: String? = nil, _ change: (inout ImportOptions) -> Void = { _ in }
  ) -> String {
    let error = #expect(throws: ImportError.self) { try decided(bytes, beside: configuration, change) }
    return error?.description ?? ""
  }

  @Test func whatIsCustomaryIsAssumedAndSaid() throws {
    let imported = try decided(model(width: 192))
    #expect(imported.configuration.headCount == 3 && origin(.heads, imported) == .assumed)
    #expect(imported.configuration.normEpsilon == 1e-6 && origin(.normEpsilon, imported) == .assumed)
    #expect(imported.configuration.activation == .geluErf && origin(.activation, imported) == .assumed)
    #expect(imported.configuration.imageHeight == 8 && origin(.image, imported) == .tensors)
  }

  @Test func anUnusualWidthIsAskedFor() {
    #expect(
      problem(model(width: 256)) == "--heads: the tensors do not tell it; give it, likely 4 or 2 or 8 or 16")
  }

  @Test func aSignAgainstTheCustomStopsTheImport() {
    let norms: [(name: String, shape: [Int])] = [("norm_pre.weight", [192]), ("norm_pre.bias", [192])]
    let clip = model(width: 192, norms)
    #expect(problem(clip).contains("a LayerNorm precedes the blocks, as in CLIP models"))
    #expect(problem(clip) { $0.activation = .geluErf }.hasPrefix("--norm-epsilon: "))
  }

  @Test func anOptionIsStrongerThanAFileAndAFileThanTheCustom() throws {
    let file = #"{"model_type": "vit", "num_attention_heads": 6, "layer_norm_eps": 1e-12}"#
    let imported = try decided(model(width: 192), beside: file) { $0.headCount = 12 }
    #expect(imported.configuration.headCount == 12 && origin(.heads, imported) == .option)
    #expect(imported.configuration.normEpsilon == 1e-12)
    #expect(origin(.normEpsilon, imported) == .file("config.json"))
  }

  @Test func anArchitectureIsStrongerThanAFile() throws {
    let file = #"{"model_type": "vit", "num_attention_heads": 6, "hidden_act": "relu"}"#
    let imported = try decided(model(width: 192), beside: file) {
      $0.architecture = "vit_tiny_patch16_224.augreg_in21k"
    }
    #expect(imported.configuration.headCount == 3 && imported.configuration.activation == .geluErf)
    #expect(origin(.heads, imported) == .architecture("vit_tiny_patch16_224.augreg_in21k"))
    // The positions are of another size than the name's.
    #expect(imported.configuration.imageHeight == 8 && origin(.image, imported) == .tensors)
  }

  @Test func whatContradictsTheTensorsIsNamedWithBoth() {
    let norms: [(name: String, shape: [Int])] = ["q_norm", "k_norm"].flatMap { name in
      [("blocks.0.attn.\(name).weight", [32]), ("blocks.0.attn.\(name).bias", [32])]
    }
    let heads = model(width: 192, norms)
    #expect(problem(heads) { $0.headCount = 3 } == "--heads: 3 is asked for; the tensors say 6")
    #expect(
      problem(heads, beside: #"{"model_type": "vit", "num_attention_heads": 12}"#)
        == "--heads: config.json says 12, the tensors say 6; are they of one model?")
  }

  /// google/vit-base-patch16-224's and facebook/deit-base-patch16-384's preprocessor_config.json.
  @Test func anIDTellsHowImagesArePrepared() throws {
    func preprocessing(_ id: String, _ size: Int) throws -> Preprocessing? {
      let imported = try decided(model(width: 192)) { $0.architecture = id }
      return try imported.evidence.preprocessing(for: ImageExtent(height: size, width: size), patch: 2)?.value
    }
    #expect(
      try preprocessing("google/vit-base-patch16-224", 224)
        == Preprocessing(
          resize: .sides(height: 224, width: 224), filter: .bilinear, cropHeight: 224, cropWidth: 224,
          mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5]))
    let deit = try preprocessing("facebook/deit-base-patch16-384", 384)
    #expect(deit?.resize == .sides(height: 438, width: 438) && deit?.mean == [0.485, 0.456, 0.406])
    #expect(try preprocessing("facebook/dinov2-base", 224)?.resize == .shorter(256))
    #expect(try preprocessing("facebook/vit-mae-base", 224) == nil)
  }

  @Test func anIDTellsWhoseLabelsTheClassesHave() throws {
    let id = "facebook/dinov2-small-imagenet1k-1-layer"
    #expect(try decided(model(width: 192)) { $0.architecture = id }.evidence.imageNet == .architecture(id))
    let other = "google/vit-base-patch16-224-in21k"
    #expect(try decided(model(width: 192)) { $0.architecture = other }.evidence.imageNet == nil)
  }

  @Test func theLastNormStandsWhereItsNameOrTheOptionSays() throws {
    let plain = try decided(model(width: 192))
    #expect(plain.configuration.finalNorm == .tokens && origin(.finalNorm, plain) == .assumed)
    let mean = try decided(model(width: 192)) { ($0.pooling, $0.finalNorm) = (.gap, .features) }
    #expect(mean.configuration.finalNorm == .features && origin(.finalNorm, mean) == .option)
    let without = try decided(model(width: 192)) { $0.finalNorm = FinalNormKind.none }
    #expect(without.configuration.finalNorm == .none)
    #expect(without.setAside.contains("norm.weight") && without.setAside.contains("norm.bias"))
    let named = safetensors(
      tensors(width: 192).map { ($0.name.hasPrefix("norm.") ? "fc_" + $0.name : $0.name, $0.shape) })
    #expect(try decided(named).configuration.finalNorm == .features)
    #expect(
      problem(named) { $0.finalNorm = .tokens }
        == "--final-norm: tokens is asked for; the tensors say features")
  }

  /// A convolution reads whole patches: of 9 pixels 8.
  @Test func pixelsBehindTheLastPatchAreNotRead() throws {
    let imported = try decided(model(width: 192), beside: #"{"model_type": "vit", "image_size": 9}"#)
    #expect(imported.configuration.imageHeight == 8 && origin(.image, imported) == .file("config.json"))
  }

  @Test func anImageOfAnotherSizeThanThePositionsIsNamed() {
    #expect(
      problem(model(width: 192)) { $0.imageSize = (16, 16) }
        == "--image: 16x16 has 64 patches, the position embedding 16")
    #expect(problem(model(width: 192)) { $0.imageSize = (Int.max, 2) }.contains("sides of at most"))
  }

  @Test(arguments: [
    ("vit_bse_patch16_224", "the nearest names of timm are 'vit_base_patch16_224'"),
    ("vit_base_patch16_224.nobody", "timm has no weights of that tag"),
    ("google/vit-base-patch16-242", "the nearest models of Hugging Face are 'google/vit-base-patch16-224'"),
    ("somebody/else", "of another put config.json and preprocessor_config.json beside the file"),
    ("google/" + String(repeating: "v", count: 1_000_000), "is not known"), ("", "is not known"),
    (String(repeating: "v", count: 1_000_000), "is not known"),
  ])
  func anUnknownArchitectureIsNamedWithTheNearest(_ name: String, _ sentence: String) {
    let text = problem(model(width: 192)) { $0.architecture = name }
    #expect(text.contains(sentence) && text.utf8.count < 1000, "\(text.prefix(1000))")
  }

  /// Facts of timm's code: heads, epsilon, activation.
  @Test(arguments: [
    ("vit_base_patch16_224.augreg2_in21k_ft_in1k", 12, 1e-6, ActivationKind.geluErf),
    ("timm/vit_base_patch16_clip_224.openai", 12, 1e-5, .geluErf),
    ("vit_base_patch16_clip_quickgelu_224.openai", 12, 1e-5, .quickGelu),
    ("vit_so400m_patch14_siglip_384.webli", 16, 1e-6, .geluErf),
    ("vit_huge_patch14_clip_224.laion2b", 16, 1e-5, .geluErf),
    ("google/vit-base-patch16-224", 12, 1e-12, .geluErf),
    ("facebook/deit-tiny-patch16-224", 3, 1e-12, .geluErf),
    ("facebook/dinov2-giant", 24, 1e-6, .silu), ("openai/clip-vit-large-patch14-336", 16, 1e-5, .quickGelu),
    ("google/siglip-so400m-patch14-384", 16, 1e-6, .geluTanh),
    ("facebook/vit-mae-large", 16, 1e-12, .geluErf),
    ("laion/CLIP-ViT-bigG-14-laion2B-39B-b160k", 16, 1e-5, .geluErf),
  ])
  func anArchitectureTellsWhatItsLibraryBuilds(
    _ name: String, _ heads: Int, _ epsilon: Float, _ activation: ActivationKind
  )
    throws
  {
    let imported = try decided(model(width: 192)) { $0.architecture = name }
    #expect(imported.configuration.headCount == heads && imported.configuration.normEpsilon == epsilon)
    #expect(imported.configuration.activation == activation)
  }

  @Test func labelsAndPreparationAreTheWeightsOwn() throws {
    let imported = try decided(model(width: 192)) { $0.architecture = "vit_base_patch16_224.augreg_in1k" }
    #expect(imported.evidence.preprocessing?.value.mean == [0.5, 0.5, 0.5])
    #expect(imported.evidence.imageNet == .architecture("vit_base_patch16_224.augreg_in1k"))
    // Its weights differ in how images are prepared.
    let untagged = try decided(model(width: 192)) { $0.architecture = "vit_base_patch16_224" }
    #expect(untagged.evidence.preprocessing == nil && untagged.evidence.imageNet == nil)
  }
}
