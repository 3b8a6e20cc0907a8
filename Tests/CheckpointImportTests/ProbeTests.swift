import Checkpoint
import CheckpointImport
import Foundation
import SoftMoEViT
import TestSupport
import Testing

/// What tensors leave open is found from answers of the library that made the model.
@Suite struct ProbeTests {
  private static func fixture(_ name: String) -> String {
    packageRoot.appending(path: "Tests/CheckpointImportTests/Fixtures/Families/\(name)").path
  }

  /// Writes a probe of some images.
  private func write(
    _ path: String, _ pixels: ExpectedValues.Values, _ results: ExpectedValues.Values, images: Int = 1
  ) throws {
    let writer = try SafetensorsWriter(
      path: path,
      shapes: [
        "pixels": [images] + pixels.shape.dropFirst(), "logits": [images] + results.shape.dropFirst(),
      ])
    for image in 0..<images {
      try writer.write(pixels.slice(image), of: "pixels", atRow: image)
      try writer.write(results.slice(image), of: "logits", atRow: image)
    }
    try writer.finish()
  }

  /// Imports with a probe of the first images and nothing else, and compares all.
  @discardableResult private func check(
    _ source: String, _ pixels: String, _ expected: String, key: String, images count: Int = 1,
    _ change: (inout ImportOptions) -> Void = { _ in }
  ) throws -> CheckpointImport {
    let (images, values) = (try ExpectedValues(path: pixels), try ExpectedValues(path: expected))
    let (input, results) = (try #require(images["pixels"]), try #require(values[key]))
    return try withTemporaryFile("model.smoe") { path in
      try write(path + ".probe", input, results, images: count)
      var options = ImportOptions()
      options.probe = path + ".probe"
      change(&options)
      let imported = try CheckpointImport(path: source, options: options)
      try imported.write(to: path, .plain(for: imported.configuration))
      let checkpoint = try Checkpoint(path: path)
      try ModelTrace(of: SoftMoEViT(checkpoint), pixels: pixels)
        .write(to: path + ".trace", threads: ThreadPool(threadCount: 1), kernels: KernelSet(.auto))
      let trace = try ExpectedValues(path: path + ".trace")
      let found = try #require(trace[imported.configuration.classCount > 0 ? "logits" : "features"])
      let largest = results.elements.reduce(1) { max($0, abs($1)) }
      #expect(largestDifference(found.elements, results.elements) < 1e-4 * largest)
      // The file proves itself on the user's own image.
      let planes = input.slice(0)
      let proof = try #require(checkpoint.tensors.first { $0.name == "\(SelfProof.imageName)" }).floats()
      let count = planes.count / 3
      #expect(proof == (0..<planes.count).map { planes[$0 % 3 * count + $0 / 3] })
      return imported
    }
  }

  @Test(arguments: ForeignCheckpointTests.fixtures)
  func aProbeAloneFindsAFixture(_ item: ForeignCheckpointTests.Case) throws {
    let path = Self.fixture(item.name)
    let expected = "\(path).expected.safetensors"
    let imported = try check("\(path).safetensors", expected, expected, key: "expected")
    // Kinds of GELU are so alike that several fit.
    let others: [String: ActivationKind] = [
      "hf_siglip_tower": .geluTanh, "hf_clip_projection": .quickGelu, "hf_dinov2_registers": .silu,
      "open_clip": .quickGelu, "fkodom_soft": .relu,
    ]
    #expect(imported.configuration.activation == others[item.name] ?? .geluErf)
  }

  @Test(.enabled(if: sharedFolder != nil), arguments: ForeignCheckpointTests.right)
  func aProbeAloneFindsAModelOfAnotherLibrary(_ item: ForeignCheckpointTests.Case) throws {
    let folder = shared("golden/import/\(item.name)") + "/"
    // Of a sparse router one image of five tokens does not tell enough.
    try check(
      folder + item.source, folder + "pixels.safetensors", folder + "expected.safetensors", key: "logits",
      images: item.name.contains("choice") ? 3 : 1)
  }

  /// Small networks hardly tell kinds of GELU apart, and epsilons not at all.
  @Test func whatFitsAsWellIsSaidWithItsDistance() throws {
    let path = Self.fixture("timm_registers_in_positions")
    let expected = "\(path).expected.safetensors"
    let imported = try check("\(path).safetensors", expected, expected, key: "expected")
    let error = try #require(imported.probeError)
    #expect(imported.probePassCount > 1)
    for decision in imported.decisions {
      for other in decision.alsoFit {
        #expect(other.error <= 1e-4 && other.value != decision.value, "\(decision)")
        #expect(other.error >= error / 2, "\(decision)")
      }
    }
    let epsilons = try #require(imported.decisions.first { $0.setting == .normEpsilon })
    #expect(epsilons.alsoFit.map(\.value).contains("1e-12"), "\(epsilons)")
    // Other heads give other answers.
    #expect(imported.decisions.first { $0.setting == .heads }?.alsoFit == [])
  }

  /// timm's name of the norm after the pooling taken away, nothing but the answers tell where it stands.
  @Test(.enabled(if: sharedFolder != nil)) func aProbeFindsWhereTheLastNormStands() throws {
    let folder = shared("golden/import/timm_fc_norm") + "/"
    try withTemporaryFile("model.safetensors") { copy in
      let bytes = try Data(contentsOf: URL(filePath: folder + "model.safetensors"))
      var text = Array(bytes)
      for part in ["weight", "bias"] {
        let name = Array("\"fc_norm.\(part)\"".utf8)
        let start = try #require(text.firstRange(of: name)?.lowerBound)
        text.replaceSubrange(start..<start + name.count, with: Array("\"norm.\(part)\"   ".utf8))
      }
      try Data(text).write(to: URL(filePath: copy))
      let (pixels, expected) = (folder + "pixels.safetensors", folder + "expected.safetensors")
      let imported = try check(copy, pixels, expected, key: "logits")
      #expect(imported.configuration.finalNorm == .features && imported.configuration.pooling == .mean)
      #expect(imported.decisions.first { $0.setting == .finalNorm }?.origin == .probe)
      #expect(throws: ImportError.self) {
        try check(copy, pixels, expected, key: "logits") { $0.finalNorm = .tokens }
      }
    }
  }

  @Test func whatWasTriedIsSaidToBeProved() throws {
    let path = Self.fixture("timm_respost")
    let expected = "\(path).expected.safetensors"
    let imported = try check("\(path).safetensors", expected, expected, key: "expected")
    #expect(imported.configuration.headCount == 2 && imported.configuration.blockNorm == .afterBranch)
    for setting in [Setting.heads, .blockNorm, .image] {
      #expect(imported.decisions.first { $0.setting == setting }?.origin == .probe, "\(setting)")
    }
  }

  /// A file beside may be another model's.
  @Test func aProbeIsStrongerThanAFileBeside() throws {
    try withTemporaryFile("model.safetensors") { copy in
      let path = Self.fixture("timm_respost")
      try FileManager.default.copyItem(atPath: "\(path).safetensors", toPath: copy)
      let file = URL(filePath: copy).deletingLastPathComponent().appending(path: "config.json")
      try Data(#"{"model_type": "vit", "num_attention_heads": 4, "hidden_act": "gelu"}"#.utf8).write(to: file)
      let expected = "\(path).expected.safetensors"
      let imported = try check(copy, expected, expected, key: "expected")
      #expect(imported.configuration.headCount == 2)
      #expect(imported.decisions.first { $0.setting == .heads }?.origin == .probe)
      #expect(imported.decisions.first { $0.setting == .activation }?.origin == .file("config.json"))
    }
  }

  @Test func answersOfAnotherModelAreRefusedWithTheNearest() throws {
    let path = Self.fixture("timm_respost")
    let other = try ExpectedValues(path: Self.fixture("vitpytorch_one_head") + ".expected.safetensors")
    try withTemporaryFile("probe.safetensors") { probe in
      try write(probe, #require(other["pixels"]), #require(other["expected"]))
      var options = ImportOptions()
      options.probe = probe
      let error = #expect(throws: ImportError.self) {
        try CheckpointImport(path: "\(path).safetensors", options: options)
      }
      let text = error?.description ?? ""
      #expect(text.hasPrefix("--probe: nothing that was tried gives its answers"), "\(text)")
      #expect(text.contains("the nearest was off by") && text.contains("heads "), "\(text)")
      #expect(text.contains(" forward passes "), "\(text)")
    }
  }

  /// An option that is wrong is not tried away.
  @Test func anOptionHoldsAgainstAProbe() throws {
    let path = Self.fixture("timm_respost")
    let expected = "\(path).expected.safetensors"
    #expect(throws: ImportError.self) {
      try check("\(path).safetensors", expected, expected, key: "expected") { $0.headCount = 4 }
    }
  }

  @Test(arguments: [
    (["pixels": [1, 3, 8, 8]], "expected a tensor logits or features"),
    (["logits": [1, 3]], "expected a tensor pixels"),
    (["pixels": [1, 1, 8, 8], "logits": [1, 3]], "expected three colour channels"),
    (["pixels": [1, 3, 64], "logits": [1, 3]], "expected a tensor pixels"),
    (["pixels": [0, 3, 8, 8], "logits": [0, 3]], "expected a tensor pixels"),
    (["pixels": [1, 3, 8, 8], "logits": [2, 3]], "a row for each of the 1 images"),
    (["pixels": [1, 3, 8, 8], "logits": [1, 0]], "expected a tensor logits"),
    (
      ["pixels": [1, 3, 8, 8], "logits": [1, 4]], "8x8 and 4 numbers for each are not the model's, 8x8 and 3"
    ),
    (["pixels": [1, 3, 12, 8], "logits": [1, 3]], "images of 12x8 and 3 numbers"),
    (["pixels_nhwc": [1, 8, 8, 4], "logits": [1, 3]], "expected three colour channels"),
  ])
  func aProbeOfOtherShapesIsNamed(_ shapes: [String: [Int]], _ sentence: String) throws {
    try withTemporaryFile("probe.safetensors") { path in
      let tensors = shapes.sorted { $0.key < $1.key }.map { (name: $0.key, shape: $0.value) }
      try Data(safetensors(tensors)).write(to: URL(filePath: path))
      var options = ImportOptions()
      options.probe = path
      let error = #expect(throws: ImportError.self) {
        try CheckpointImport(path: Self.fixture("timm_respost") + ".safetensors", options: options)
      }
      #expect(error?.description.contains(sentence) == true, "\(error?.description ?? "")")
    }
  }

  @Test func aProbeWithoutANumberIsNamed() throws {
    let expected = try ExpectedValues(path: Self.fixture("timm_respost") + ".expected.safetensors")
    let results = try #require(expected["expected"])
    try withTemporaryFile("probe.safetensors") { path in
      let broken = ExpectedValues.Values(shape: results.shape, elements: results.elements.map { _ in .nan })
      try write(path, #require(expected["pixels"]), broken)
      var options = ImportOptions()
      options.probe = path
      #expect(
        throws: ImportError.option(name: "probe", problem: "expected finite numbers, found others")
      ) { try CheckpointImport(path: Self.fixture("timm_respost") + ".safetensors", options: options) }
    }
  }
}
