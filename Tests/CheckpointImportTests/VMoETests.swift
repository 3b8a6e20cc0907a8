import Checkpoint
import CheckpointImport
import SoftMoEViT
import TestSupport
import Testing

/// Tiny models that google-research/vmoe ran, and what it computed: Fixtures/README.md says how they were made.
@Suite struct VMoETests {
  /// Computes what the published implementation did for a fixture.
  private func traced(_ file: String, _ expected: ExpectedValues, _ change: (inout ImportOptions) -> Void)
    throws
    -> ExpectedValues
  {
    var options = ImportOptions()
    change(&options)
    return try withTemporaryFile("model.smoe") { path in
      let imported = try CheckpointImport(path: fixture(file), options: options)
      try imported.write(to: path, .plain(for: imported.configuration))
      let pixels = try expected.pixels
      let writer = try SafetensorsWriter(path: path + ".pixels", shapes: ["pixels": pixels.shape])
      try writer.write(pixels.elements, of: "pixels", atRow: 0)
      try writer.finish()
      try ModelTrace(of: SoftMoEViT(Checkpoint(path: path)), pixels: path + ".pixels")
        .write(to: path + ".trace", threads: ThreadPool(threadCount: 1), kernels: KernelSet(.auto))
      return try ExpectedValues(path: path + ".trace")
    }
  }

  private func fixture(_ name: String) -> String {
    packageRoot.appending(path: "Tests/CheckpointImportTests/Fixtures/\(name)").path
  }

  private func options(of name: String) -> (inout ImportOptions) -> Void {
    switch name {
    case "map_sincos_rect": { $0.imageSize = (16, 24) }
    case "first_prelogits":
      {
        ($0.imageSize, $0.position, $0.pooling) = ((16, 16), .none, .first)
      }
    default: { _ in }
    }
  }

  static let files = [
    ("token_qknorm", "npz"), ("map_sincos_rect", "msgpack"), ("first_prelogits", "msgpack"),
  ]

  @Test(arguments: files) func agreesWithThePublishedImplementation(_ name: String, _ format: String) throws {
    let expected = try ExpectedValues(path: fixture("\(name).expected.safetensors"))
    let found = try traced("\(name).\(format)", expected, options(of: name))
    let routing = expected.tensors.keys.filter { $0.hasPrefix("dispatch_") || $0.hasPrefix("combine_") }
    #expect(!routing.isEmpty)
    for (theirs, ours) in [("logits_fp32_dispatch", "logits"), ("features", "features")]
      + routing.map({ ($0, $0.replacing("_", with: ".")) })
    {
      let (theirValues, ourValues) = (try #require(expected[theirs]), try #require(found[ours]))
      #expect(theirValues.shape == ourValues.shape, "\(theirs)")
      #expect(largestDifference(ourValues.elements, theirValues.elements) < 1e-4, "\(theirs)")
    }
  }

  /// vmoe as it is released rounds to bfloat16 before dispatch and combine.
  @Test(arguments: files) func agreesWithReleasedRounding(_ name: String, _ format: String) throws {
    let expected = try ExpectedValues(path: fixture("\(name).expected.safetensors"))
    let found = try traced("\(name).\(format)", expected) {
      options(of: name)(&$0)
      $0.dispatchRounding = .bfloat16
    }
    let (theirs, ours) = (try #require(expected["logits_bf16_dispatch"]), try #require(found["logits"]))
    #expect(largestDifference(ours.elements, theirs.elements) < 3e-4)
  }
}
