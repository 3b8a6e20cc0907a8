import CheckpointImport
import Foundation
import ImageInput
import SoftMoEViT
import TestSupport
import Testing

/// What training scripts write of their own arguments.
@Suite struct TrainingArgumentsTests {
  private func read(_ text: String, named name: String = "args.json") throws(ImportError) -> Evidence {
    try ModelFiles.read(Array(text.utf8), named: name)
  }

  private static func fixture(_ name: String) -> String {
    let path = packageRoot.appending(path: "Tests/CheckpointImportTests/Fixtures/model_files/\(name)")
    return (try? String(contentsOf: path, encoding: .utf8)) ?? ""
  }

  /// A fine-tuning by timm's train.py; an architecture of 224 pixels is trained further on 384.
  @Test func timmsArgumentsTellArchitectureSizeAndPixels() throws {
    let found = try read(Self.fixture("args.yaml"), named: "args.yaml")
    #expect(found.headCount?.value == 6 && found.normEpsilon?.value == 1e-6)
    #expect(found.headCount?.origin == .file("args.yaml"))
    #expect(found.activation?.value == .geluErf && found.pooling?.value == .gap)
    #expect(found.imageSize?.value == ImageExtent(height: 384, width: 384))
    #expect(found.preprocessing?.value.mean == [0.4914, 0.4822, 0.4465])
    #expect(found.preprocessing?.value.std == [0.247, 0.2435, 0.2616])
    #expect(found.preprocessing?.value.cropWidth == 384)
    // The weights that it was begun with had a thousand classes.
    #expect(found.imageNet == nil && found.labels == nil)
  }

  /// DeiT's main.py: Resize(256), CenterCrop(224) by the cubic filter, ImageNet's mean and deviation.
  @Test func deitsArgumentsPrepareAsItsScriptDoes() throws {
    let found = try read(Self.fixture("args.json"))
    #expect(found.headCount?.value == 3 && found.imageNet == .file("args.json"))
    #expect(
      found.preprocessing?.value
        == Preprocessing(
          resizeShorter: 256, filter: .bicubic, cropHeight: 224, cropWidth: 224, mean: [0.485, 0.456, 0.406],
          std: [0.229, 0.224, 0.225]))
  }

  /// MAE's main_finetune.py: its models' names have no size; above 224 pixels it crops nothing.
  @Test func maesArgumentsTellPoolingByAFlag() throws {
    let found = try read(
      #"{"model": "vit_large_patch16", "input_size": 384, "nb_classes": 10, "blr": 0.001, "global_pool": true}"#
    )
    #expect(found.headCount?.value == 16 && found.pooling?.value == .gap)
    #expect(found.preprocessing?.value.resize == .shorter(384))
    let other = try read(#"{"model": "vit_large_patch16", "global_pool": false}"#)
    #expect(other.pooling?.value == .token)
  }

  /// A model of one's own has a name that timm does not know.
  @Test func withoutAKnownNameTheRestCounts() throws {
    let found = try read(
      #"{"model": "soft_moe_vit_small", "img_size": 32, "crop_pct": 1, "mean": [0, 0, 0], "std": [1, 1, 1]}"#)
    #expect(found.headCount == nil && found.imageSize?.value == ImageExtent(height: 32, width: 32))
    #expect(found.preprocessing?.value.resize == .shorter(32) && found.preprocessing?.value.std == [1, 1, 1])
  }

  @Test(arguments: [
    #"{}"#, #"{"model": 7, "img_size": "224", "mean": null, "crop_pct": "0.9"}"#,
    #"{"model": {"name": "vit"}, "arch": [], "global_pool": 3}"#, #"{"lr": 1e-3, "num_classes": -1}"#,
    #"{"input_size": [3, "224", 224]}"#, #"{"input_size": []}"#, #"{"input_size": [1, 2, 3, 4]}"#,
    #"{"model": "", "patch_size": 1e300}"#, #"{"img_size": -5}"#, #"{"img_size": 1e300}"#,
    #"{"img_size": 2.5}"#, #"{"img_size": 9223372036854775807}"#, #"{"mean": [1, 2]}"#,
  ])
  func whatIsNoScriptsSaysNothing(_ json: String) throws {
    let found = try read(json)
    #expect(found.headCount == nil && found.imageSize == nil && found.preprocessing == nil)
    #expect(found.pooling == nil && found.imageNet == nil && found.preprocessingProblem == nil)
  }

  @Test(arguments: [
    (#"{"img_size": 224, "crop_pct": 0}"#, "crop_pct"),
    (#"{"img_size": 1e300, "crop_pct": 1}"#, "whole pixels"),
    (#"{"img_size": 224, "crop_pct": 1e-300}"#, "whole pixels"),
    (#"{"img_size": 224, "mean": [1, 2]}"#, "expected mean to be 3 numbers"),
    (#"{"img_size": 224, "mean": ["a", "b", "c"]}"#, "expected mean to be 3 numbers"),
    (#"{"img_size": 224, "std": [0, 1, 1]}"#, "std"),
    (#"{"img_size": 224, "interpolation": "random"}"#, "interpolation 'random'"),
    (#"{"img_size": 224, "crop_mode": "border"}"#, "crop_mode 'border'"),
    (#"{"input_size": [3, 192, 224], "crop_pct": 0.9}"#, "not square"),
    (#"{"model": "vit_tiny_patch16_224.augreg_in21k", "img_size": -1}"#, "whole pixels"),
  ])
  func whatCannotBePreparedIsKeptWithTheFilesName(_ json: String, _ sentence: String) throws {
    let found = try read(json)
    #expect(found.preprocessing == nil)
    let text = found.preprocessingProblem?.description ?? ""
    #expect(text.contains(sentence) && text.contains("args.json"), "\(text)")
  }

  @Test func whatIsNoJSONIsNamed() {
    for text in ["{", "[1]", "model: vit"] {
      let error = #expect(throws: ImportError.self) { try read(text) }
      #expect(error?.description.hasPrefix("args.json: expected a JSON object") == true)
    }
  }

  /// What PyYAML leaves in quotes, writes in one line or nests.
  @Test(arguments: [
    ("mean: [0.5, 0.5, 0.5]\nstd:\n- 0.5\n- 0.5\n- 0.5\nimg_size: 8\n", true),
    ("'mean': [0.5, 0.5, 0.5]\n  img_size: 8\n", false), ("- 8\nimg_size\n: 8\n---\n", false),
    ("img_size: '8'\ncrop_pct: nan\n", false), ("img_size: 0x8\ncrop_pct: inf\n", false),
    ("img_size:\n  - 8\n  - 8\ncrop_pct: 1e999\n", false), ("img_size: 8\r\ncrop_pct: 1.0  \r\n", true),
    ("", false),
    ("\u{0}\u{FFFD}: [", false),
  ])
  func aYAMLFileIsReadLineByLine(_ yaml: String, _ hasPixels: Bool) throws {
    let found = try read(yaml, named: "args.yaml")
    #expect((found.preprocessing != nil) == hasPixels && found.preprocessingProblem == nil)
    #expect((found.imageSize != nil) == hasPixels)
  }

  @Test func anEndlessListIsRead() throws {
    let found = try read(
      "model: vit_tiny_patch16_224\nimg_size: 8\nmean:\n" + String(repeating: "- 1\n", count: 300_000),
      named: "args.yaml")
    #expect(found.headCount?.value == 3 && found.preprocessingProblem != nil)
  }

  /// The file may be of another run: where the tensors tell, they are believed.
  @Test func theTensorsAreBelieved() throws {
    let path = packageRoot.appending(path: "Tests/CheckpointImportTests/Fixtures/token_qknorm.npz").path
    try withTemporaryFile("token_qknorm.npz") { copy in
      try FileManager.default.copyItem(atPath: path, toPath: copy)
      let arguments = #"{"model": "vit_huge_patch14_224", "img_size": 448, "nb_classes": 7}"#
      try Data(arguments.utf8).write(
        to: URL(filePath: copy).deletingLastPathComponent().appending(path: "args.json"))
      let (plain, found) = (
        try CheckpointImport(path: path, options: ImportOptions()),
        try CheckpointImport(path: copy, options: ImportOptions())
      )
      #expect(found.configuration.headCount == plain.configuration.headCount)
      #expect(found.configuration.imageHeight == plain.configuration.imageHeight)
      #expect(found.decisions.first { $0.setting == .heads }?.origin == .tensors)
    }
  }

  /// Every byte of a sound file taken out, or made a digit, a quotation mark or a colon.
  @Test(arguments: ["args.json", "args.yaml"])
  func aChangedByteIsReadOrNamed(_ name: String) {
    let sound = Array(Self.fixture(name).utf8)
    #expect(sound.count > 300)
    for index in sound.indices {
      for byte in [nil, UInt8(ascii: "9"), UInt8(ascii: "\""), UInt8(ascii: ":")] {
        var bytes = sound
        bytes.replaceSubrange(index...index, with: byte.map { [$0] } ?? [])
        do throws(ImportError) { _ = try ModelFiles.read(bytes, named: name) } catch {
          #expect(!error.description.isEmpty)
        }
      }
    }
  }
}
