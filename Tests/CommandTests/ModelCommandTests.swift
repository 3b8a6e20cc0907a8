import Checkpoint
import CheckpointImport
import Foundation
import TestSupport
import Testing

/// `import --dry-run`, `inspect`, `verify` and `trace`, as people call them.
@Suite struct ModelCommandTests {
  private static let source = packageRoot.appending(path: "Tests/CommandTests/Fixtures/soft_moe.safetensors")
    .path
  private static let options = ["--heads", "2"]

  private func withModel(_ body: (String) throws -> Void) throws {
    try withTemporaryFile("tiny.smoe") { path in
      try Command.succeed(["import", Self.source, "--output", path] + Self.options)
      try body(path)
    }
  }

  /// Changes one byte of a tensor and, if asked, its checksums, as a broken writer would.
  private func damage(_ path: String, _ tensor: String, at byte: Int, to value: UInt8) throws {
    var bytes = try Data(contentsOf: URL(filePath: path))
    let found = try #require(try Checkpoint(path: path).tensors.first { $0.name == tensor })
    bytes[found.offset + byte] = value
    try bytes.write(to: URL(filePath: path))
  }

  @Test func aDryRunTellsTheConfigurationAndWritesNothing() throws {
    try withTemporaryFile("tiny.smoe") { path in
      let output = try Command.succeed(
        ["import", Self.source, "--output", path, "--dry-run", "--dtype", "bf16"] + Self.options)
      #expect(output.contains("family timm, matrices as bf16"))
      #expect(output.contains("\"expert_count\" : 3") && output.contains("\"resize_shorter\" : 18"))
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  @Test func aNameThatNoAddressCanCarryIsRefused() throws {
    try withTemporaryFile("tiny.smoe") { path in
      let outcome = try Command.run(
        ["import", Self.source, "--output", path, "--name", "a/b"] + Self.options)
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("--name: expected a name of 1 to 128 bytes"))
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  @Test func helpNamesTheDefaultAsItIsTyped() throws {
    let help = try Command.succeed(["import", "--help"]).split(whereSeparator: \.isWhitespace)
      .joined(separator: " ")
    #expect(help.contains("(values: f32, bf16, f16, int8; default: f32)"), "\(help)")
  }

  @Test func inspectTellsPeopleAndPrograms() throws {
    try withModel { path in
      let text = try Command.succeed(["inspect", path])
      #expect(text.contains("Soft MoE, 3 experts × 2 slots, 32 wide"))
      #expect(text.contains("with a self-proof"))
      let json = try JSONSerialization.jsonObject(
        with: Data(try Command.succeed(["inspect", path, "--json"]).utf8))
      let object = try #require(json as? [String: Any])
      #expect(object["name"] as? String == "tiny")
      #expect((object["blocks"] as? [Any])?.count == 2)
      let tensors = try #require(object["tensors"] as? [[String: Any]])
      #expect(tensors.contains { $0["name"] as? String == "head/bias" && $0["shape"] as? [Int] == [5] })
    }
  }

  @Test func verifyAcceptsTheSoundAndNamesTheDamaged() throws {
    try withModel { path in
      #expect(try Command.succeed(["verify", path]).contains("sound"))
      try damage(path, "head/bias", at: 0, to: 0x77)
      let outcome = try Command.run("verify", path)
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("tensor 'head/bias' is damaged"))
      // Every damage is told, not the first alone.
      try damage(path, "head/kernel", at: 1, to: 0x77)
      let both = try Command.run("verify", path).errors
      #expect(both.contains("'head/bias'") && both.contains("'head/kernel'"))
    }
  }

  @Test func serveCanVerifyEverythingFirst() throws {
    try withModel { path in
      try damage(path, "head/bias", at: 0, to: 0x77)
      let outcome = try Command.run("serve", "--model", path, "--verify", "full", "--port", "0")
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("tensor 'head/bias' is damaged"))
    }
  }

  @Test func traceSaysWhatIsWrongWithItsPixels() throws {
    try withModel { path in
      func trace(_ name: String, _ shape: [Int]) throws -> Command.Outcome {
        let writer = try SafetensorsWriter(path: path + ".in", shapes: [name: shape])
        try writer.write(Array(repeating: 0, count: shape.reduce(1, *)), of: name, atRow: 0)
        try writer.finish()
        return try Command.run("trace", path, "--pixels", path + ".in", "--output", path + ".out")
      }
      #expect(try trace("images", [1, 3, 16, 16]).errors.contains("tensor 'pixels' is missing"))
      let wrong = try trace("pixels", [1, 16, 16, 3])
      #expect(wrong.status == 1)
      #expect(wrong.errors.contains("expected shape [n, 3, 16, 16], found [1, 16, 16, 3]"))
      #expect(!FileManager.default.fileExists(atPath: path + ".out"))
      #expect(try trace("pixels", [11, 3, 16, 16]).status == 0)
      let traced = try ExpectedValues(path: path + ".out")
      #expect(traced["logits"]?.shape == [11, 5] && traced["dispatch.1"]?.shape == [11, 5, 3, 2])
    }
  }
}
