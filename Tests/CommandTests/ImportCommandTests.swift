import Foundation
import TestSupport
import Testing

/// `softmoe import` as people call it: what it says, and what it leaves alone.
@Suite struct ImportCommandTests {
  private static let source = packageRoot.appending(
    path: "Tests/CommandTests/Fixtures/dense_timm.safetensors"
  )
  .path

  /// Runs an import of a copy of the source.
  private func imported(
    _ body: (_ source: String, _ run: (_ arguments: [String]) throws -> Command.Outcome) throws -> Void
  ) throws {
    try withTemporaryFile("model.safetensors") { copy in
      try FileManager.default.copyItem(atPath: Self.source, toPath: copy)
      try body(copy) { try Command.run(["import", copy, "--heads", "2"] + $0) }
    }
  }

  @Test func theTableSaysWhoDecided() throws {
    try imported { source, run in
      let outcome = try run(["--output", source + ".smoe", "--image", "16x16", "--norm-epsilon", "1e-6"])
      let rows = outcome.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
      #expect(rows.contains(["heads", "2", "asked", "for"]), "\(outcome.output)\(outcome.errors)")
      #expect(
        rows.contains(["activation", "gelu_erf", "assumed,", "change", "with", "--activation"]),
        "\(outcome.output)")
      #expect(outcome.errors.contains("warning: activation gelu_erf is assumed; change it with --activation"))
      #expect(!outcome.errors.contains("norm-epsilon"))
      #expect(outcome.output.hasSuffix("next: softmoe serve --model \(source).smoe\n"))
    }
  }

  @Test func aFileThatIsThereIsWrittenOverOnlyByForce() throws {
    try imported { source, run in
      let output = source + ".smoe"
      #expect(try run(["--output", output]).status == 0)
      let refused = try run(["--output", output])
      #expect(
        refused.status != 0 && refused.errors.contains("is there already; name another file, or add --force"))
      #expect(try run(["--output", output, "--force"]).status == 0)
    }
  }

  @Test func theSourceIsNeverWrittenOver() throws {
    try imported { source, run in
      let before = try Data(contentsOf: URL(filePath: source))
      let (soft, hard) = (source + ".soft", source + ".hard")
      try FileManager.default.createSymbolicLink(atPath: soft, withDestinationPath: source)
      try FileManager.default.linkItem(atPath: source, toPath: hard)
      for output in [source, soft, hard] {
        let outcome = try run(["--output", output, "--force"])
        #expect(outcome.status != 0 && outcome.errors.contains("is the source itself"), "\(output)")
      }
      #expect(try Data(contentsOf: URL(filePath: source)) == before)
    }
  }

  /// The source says 224 pixels, the model reads 16.
  @Test func preprocessingOfAnotherSizeIsScaledAndSaid() throws {
    try imported { source, run in
      let file = URL(filePath: source).deletingLastPathComponent().appending(path: "args.yaml")
      try Data("crop_pct: 0.9\nimg_size: 224\nmean:\n- 0.5\n- 0.5\n- 0.5\n".utf8).write(to: file)
      let outcome = try run(["--output", source + ".smoe", "--image", "16x16"])
      #expect(
        outcome.output.contains("bicubic to 17, cropped to 16x16 (stated for 224x224)"),
        "\(outcome.output)\(outcome.errors)")
      #expect(outcome.output.contains("from args.yaml"))
      let rectangle = try run(["--output", source + ".smoe", "--image", "8x32", "--force"])
      #expect(rectangle.errors.contains("give a preset or a file"), "\(rectangle.errors)")
    }
  }

  private static let vmoe = packageRoot.appending(path: "Tests/CheckpointImportTests/Fixtures").path

  /// vmoe's fine-tuned models squash photos to 384 × 384 as TensorFlow does.
  @Test func vmoesPreparationIsAPreset() throws {
    func run(_ image: String) throws -> Command.Outcome {
      try Command.run([
        "import", "\(Self.vmoe)/map_sincos_rect.msgpack", "--output", "never.smoe", "--dry-run", "--image",
        image,
        "--preprocess", "vmoe-384",
      ])
    }
    let text = try run("384x384").output.filter { !$0.isWhitespace }
    for part in [
      #""resize":"squash""#, #""filter":"bilinear""#, #""antialias":false"#, #""mean":[0.5,0.5,0.5]"#,
    ] {
      #expect(text.contains(part), "\(part): \(text)")
    }
    #expect(try run("16x24").errors.contains("it makes 384x384 pixels, the model reads 16x24"))
  }

  /// The first answer has every option that the next would ask for.
  @Test func aReleasedLayoutIsImportedByItsPrefix() throws {
    try withTemporaryFile("model.smoe") { output in
      let arguments = ["import", "\(Self.vmoe)/Partitioned/model", "--output", output]
      let asked = try Command.run(arguments)
      let sentence = try #require(asked.errors.split(separator: "\n").first { $0.contains("--router") })
      let words = sentence.split(whereSeparator: { " ,".contains($0) }).map(String.init)
      let first = try #require(words.firstIndex(of: "--router"))
      let options = Array(words[first..<first + 8])
      #expect(options.last == "bfloat16", "\(sentence)")
      let outcome = try Command.run(arguments + options)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let rows = outcome.output.split(separator: "\n").map {
        $0.split(separator: " ").prefix(2).map(String.init)
      }
      for row in [["router", "tokens_choice"], ["selected-experts", "2"], ["capacity-factor", "1.05"]] {
        #expect(rows.contains(row), "\(outcome.output)")
      }
      #expect(
        outcome.errors.contains("warning: batch-priority false is assumed; change it with --batch-priority"))
      #expect(outcome.output.contains("set aside, 5 tensors") && outcome.output.contains("'params/'"))
    }
  }

  @Test func anotherWordOnPreparingImagesIsEnough() throws {
    try imported { source, run in
      let file = URL(filePath: source).deletingLastPathComponent().appending(path: "preprocessor_config.json")
      try Data(#"{"size": 16, "do_resize": false}"#.utf8).write(to: file)
      let refused = try run(["--output", source + ".smoe"])
      #expect(refused.errors.contains("--preprocess: ") && refused.errors.contains("do_resize false"))
      #expect(try run(["--output", source + ".smoe", "--preprocess", "imagenet"]).status == 0)
    }
  }
}
