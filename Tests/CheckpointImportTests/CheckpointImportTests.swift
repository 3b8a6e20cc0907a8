import Checkpoint
import CheckpointImport
import Foundation
import ImageInput
import TestSupport
import Testing

private func opened(_ bytes: [UInt8], _ options: ImportOptions = .init()) throws -> CheckpointImport {
  try withTemporaryFile("source.safetensors") { path in
    try Data(bytes).write(to: URL(filePath: path))
    return try CheckpointImport(path: path, options: options)
  }
}

@Suite struct CheckpointImportTests {
  @Test func namesAndShapesTellTheModel() throws {
    let model = try opened(safetensors(tinyModel)).configuration
    #expect(model.imageHeight == 4 && model.patchSize == 2 && model.width == 4 && model.depth == 1)
    #expect(model.headCount == 2 && model.mlpWidth == 8 && model.classCount == 3 && model.moe == nil)
    #expect(model.pooling == .mean && model.activation == .geluTanh)
  }

  @Test func whatIsMissingLeftOverOrMisshapenIsNamed() throws {
    #expect(throws: ImportError.missing(name: "head/bias", expected: "shape [3]")) {
      try opened(safetensors(tinyModel.filter { $0.name != "head/bias" }))
    }
    #expect(throws: ImportError.leftOver(names: ["extra"])) {
      try opened(safetensors(tinyModel + [("extra", [1])]))
    }
    #expect(throws: ImportError.wrongShape(name: "head/bias", expected: [3], found: [5])) {
      try opened(safetensors(tinyModel.map { $0.name == "head/bias" ? ("head/bias", [5]) : $0 }))
    }
    #expect(throws: ImportError.self) { try opened(safetensors([("something", [1])])) }
  }

  @Test(.enabled(if: sharedFolder != nil))
  func aSparseRouterAsksHowItChooses() throws {
    let error = #expect(throws: ImportError.self) {
      try CheckpointImport(path: shared("golden/vmoe_experts_choice/params.npz"), options: ImportOptions())
    }
    #expect(error?.description.hasPrefix("--router: its router is sparse") == true)
  }

  @Test func damagedSourcesAreErrors() throws {
    let whole = safetensors(tinyModel)
    for count in stride(from: 1, to: whole.count, by: 97) {
      #expect(throws: (any Error).self) { try opened(Array(whole[..<count])) }
    }
    for length: UInt64 in [1 << 32, 1 << 62, .max] {
      let bytes = withUnsafeBytes(of: length.littleEndian) { Array($0) } + whole.dropFirst(8)
      #expect(throws: ImportError.self) { try opened(bytes) }
    }
    for archive in ["PK", "PK\u{3}\u{4}", "PK" + String(repeating: "x", count: 100)] {
      #expect(throws: ImportError.self) { try opened(Array(archive.utf8)) }
    }
  }

  @Test func headsThatContradictTheShapesAreNamed() throws {
    var options = ImportOptions()
    options.headCount = 4
    #expect(
      throws: ImportError.option(name: "heads", problem: "4 is asked for; the tensors say 2")
    ) { try opened(safetensors(tinyModel), options) }
    options.headCount = 2
    #expect(try opened(safetensors(tinyModel), options).configuration.headCount == 2)
  }

  @Test func anImageSizeThatDoesNotFitIsNamed() throws {
    var options = ImportOptions()
    options.imageSize = (6, 4)
    #expect(throws: ImportError.self) { try opened(safetensors(tinyModel), options) }
    options.imageSize = (1 << 62, 1 << 62)
    #expect(
      throws: ImportError.option(
        name: "image",
        problem: "expected sides of at most 16384, found 4611686018427387904x4611686018427387904")
    ) { try opened(safetensors(tinyModel), options) }
    options.imageSize = (2, 8)
    #expect(try opened(safetensors(tinyModel), options).configuration.imageWidth == 8)
  }

  /// Writes the tiny model with every number replaced by one.
  private func write(
    _ value: Float, as type: ElementType = .f32, to path: String, named name: String = "large",
    labels: [String] = ["a", "b", "c"], mean: Float = 0
  ) throws {
    var bytes = safetensors(tinyModel)
    let header = 8 + Int(bytes[0]) + Int(bytes[1]) << 8
    for offset in stride(from: header, to: bytes.count, by: 4) {
      withUnsafeBytes(of: value) { bytes.replaceSubrange(offset..<offset + 4, with: $0) }
    }
    try Data(bytes).write(to: URL(filePath: path + ".safetensors"))
    var options = ImportOptions()
    options.matrixType = type
    let imported = try CheckpointImport(path: path + ".safetensors", options: options)
    let description = ModelDescription(
      name: name, labels: labels,
      preprocessing: Preprocessing(
        resizeShorter: 4, filter: .bicubic, cropHeight: 4, cropWidth: 4, mean: [0, 0, mean], std: [1, 1, 1]),
      provenance: [:])
    try imported.write(to: path, description)
  }

  @Test func aWeightThatF16CannotHoldIsNamed() throws {
    try withTemporaryFile("model.smoe") { path in
      #expect(
        throws: ImportError.option(
          name: "dtype",
          problem: "f16 can't hold 100000.0 of tensor 'patch_embedding/kernel'; choose bf16 or f32")
      ) { try write(100_000, as: .f16, to: path) }
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  @Test(arguments: [Float.infinity, -.infinity, .nan]) func aWeightThatIsNoNumberIsNamed(_ value: Float)
    throws
  {
    try withTemporaryFile("model.smoe") { path in
      #expect(
        throws: ImportError.notFinite(name: "patch_embedding/kernel", element: 0, value: "\(value)")
      ) { try write(value, as: .f32, to: path) }
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  /// Each weight is a number, and what they compute is none.
  @Test func aModelWithoutFiniteLogitsIsRefused() throws {
    try withTemporaryFile("model.smoe") { path in
      let error = #expect(throws: ImportError.self) { try write(1e30, to: path) }
      #expect(
        error?.description.contains("tensor 'probe/logits': element 0") == true, "\(error?.description ?? "")"
      )
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  @Test func whatCannotBeServedIsNotImported() throws {
    try withTemporaryFile("model.smoe") { path in
      func problem(_ body: () throws -> Void) -> String {
        #expect(throws: ImportError.self, performing: body)?.description ?? ""
      }
      #expect(
        problem { try write(1, to: path, named: "a/b") }.hasPrefix("--name: expected a name of 1 to 128"))
      #expect(problem { try write(1, to: path, labels: ["a", "b\0", "c"]) }.hasPrefix("--labels: label 1: "))
      #expect(problem { try write(1, to: path, mean: .nan) }.hasPrefix("--preprocess: "))
      #expect(!FileManager.default.fileExists(atPath: path))
      try write(1, to: path)
      #expect(FileManager.default.fileExists(atPath: path))
    }
  }
}
