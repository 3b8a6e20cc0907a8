import CheckpointImport
import Foundation
import ImageInput
import SoftMoEViT
import TestSupport
import Testing

/// What libraries put beside their checkpoints, as their files have it.
@Suite struct ModelFilesTests {
  private func read(_ json: String, named name: String = "config.json") throws(ImportError) -> Evidence {
    try ModelFiles.read(Array(json.utf8), named: name)
  }

  private static func fixture(_ name: String) -> String {
    let path = packageRoot.appending(path: "Tests/CheckpointImportTests/Fixtures/model_files/\(name).json")
    return (try? String(contentsOf: path, encoding: .utf8)) ?? ""
  }

  /// google/vit-base-patch16-224's, shortened.
  static let huggingFace = fixture("hugging_face")
  /// timm/vit_base_patch16_clip_quickgelu_224.openai's, shortened.
  static let timm = fixture("timm")
  /// laion/CLIP-ViT-H-14-laion2B-s32B-b79K's, shortened.
  static let openCLIP = fixture("open_clip")

  @Test func huggingFacesConfigurationTellsAllButTheTensors() throws {
    let found = try read(Self.huggingFace)
    #expect(found.headCount?.value == 12 && found.normEpsilon?.value == 1e-12)
    #expect(found.activation?.value == .geluErf && found.activation?.origin == .file("config.json"))
    #expect(found.imageSize?.value.height == 224 && found.imageSize?.value.width == 224)
    #expect(found.labels?.value == ["tench", "goldfish", "shark"])
  }

  /// google/siglip-base-patch16-224 describes both towers.
  @Test func theVisionTowerIsMeant() throws {
    let found = try read(
      """
      {"model_type": "siglip", "text_config": {"num_attention_heads": 8},
       "vision_config": {"num_attention_heads": 12, "hidden_act": "gelu_pytorch_tanh", "layer_norm_eps": 1e-6}}
      """)
    #expect(found.headCount?.value == 12 && found.activation?.value == .geluTanh)
  }

  /// transformers' Dinov2SwiGLUFFN takes SiLU whatever hidden_act says.
  @Test func gatesOfHuggingFaceAreSiLU() throws {
    let json = #"{"model_type": "dinov2", "hidden_act": "gelu", "use_swiglu_ffn": true}"#
    #expect(try read(json).activation?.value == .silu)
  }

  @Test func numberedLabelsAreNone() throws {
    #expect(try read(#"{"model_type": "vit", "id2label": {"0": "LABEL_0", "1": "LABEL_1"}}"#).labels == nil)
  }

  @Test func timmsConfigurationNamesAnArchitecture() throws {
    let found = try read(Self.timm)
    #expect(found.headCount?.value == 12 && found.normEpsilon?.value == 1e-5)
    #expect(found.activation?.value == .quickGelu && found.pooling?.value == .token)
    #expect(found.preprocessing?.value.resize == .shorter(248))
    #expect(found.preprocessing?.value.mean == [0.48, 0.45, 0.4])
  }

  @Test func openCLIPsConfigurationTellsHeadsByTheirWidth() throws {
    let found = try read(Self.openCLIP, named: "open_clip_config.json")
    #expect(found.headCount?.value == 16 && found.normEpsilon?.value == 1e-5)
    #expect(found.activation?.value == .geluErf)
    #expect(found.preprocessing?.value.resize == .shorter(224))
    #expect(found.preprocessing?.value.std == [0.26, 0.26, 0.27])
    let quick = Self.openCLIP.replacing(#""embed_dim""#, with: #""quick_gelu": true, "embed_dim""#)
    #expect(try read(quick, named: "open_clip_config.json").activation?.value == .quickGelu)
  }

  /// How images are prepared can be said otherwise, so it breaks nothing off yet.
  @Test func whatCannotBePreparedIsKeptForLater() throws {
    let found = try read(#"{"size": 224, "do_resize": false}"#, named: "preprocessor_config.json")
    #expect(found.preprocessing == nil)
    #expect(found.preprocessingProblem?.description.contains("do_resize false") == true)
    let border = Self.timm.replacing(#""center""#, with: #""border""#)
    #expect(try read(border).preprocessingProblem?.description.contains("crop_mode 'border'") == true)
    #expect(try read(border).headCount?.value == 12)
  }

  @Test(arguments: [
    ("{", "expected a JSON object"), ("[1]", "expected a JSON object"), ("", "expected a JSON object"),
    (#"{"model_type": "vit", "model_type": "vit"}"#, "every key once"),
    (#"{"model_type": "vit", "num_attention_heads": 1.5}"#, "num_attention_heads to be a whole number"),
    (#"{"model_type": "vit", "num_attention_heads": -1}"#, "above 0, found -1"),
    (#"{"model_type": "vit", "num_attention_heads": 1e300}"#, "num_attention_heads to be a whole number"),
    (#"{"model_type": "vit", "num_attention_heads": "12"}"#, "a number, found a text"),
    (#"{"model_type": "vit", "image_size": 4000000000000000000}"#, "image_size to be whole pixels"),
    (#"{"model_type": "vit", "image_size": [4000000000, 4000000000]}"#, "image_size to be whole pixels"),
    (#"{"model_type": "vit", "image_size": [-8, -8]}"#, "image_size to be whole pixels"),
    (#"{"model_type": "vit", "image_size": [8, 8, 8]}"#, "image_size to be 2 numbers"),
    (#"{"model_type": "vit", "hidden_act": "snake"}"#, "the activation 'snake'"),
    (#"{"model_type": "vit", "vision_config": 7}"#, "vision_config to be an object, found a number"),
    (#"{"architecture": 7}"#, "architecture to be a text"),
    (#"{"architecture": "vit", "pretrained_cfg": []}"#, "pretrained_cfg to be an object, found a list"),
    (String(repeating: #"{"a":"#, count: 100_000), "expected a JSON object"),
  ])
  func aHostileConfigurationIsNamed(_ json: String, _ sentence: String) {
    let error = #expect(throws: ImportError.self) { try read(json) }
    #expect(error?.description.contains(sentence) == true, "\(error?.description ?? "")")
  }

  @Test(arguments: [
    (#"{"model_cfg": {"vision_cfg": {"width": 100}}}"#, "no multiple of head_width 64"),
    (#"{"model_cfg": {"vision_cfg": {"width": 64, "head_width": 0}}}"#, "head_width to be a whole number"),
    (#"{"model_cfg": {"vision_cfg": {"image_size": 1e18}}}"#, "image_size to be whole pixels"),
  ])
  func aHostileConfigurationOfOpenCLIPIsNamed(_ json: String, _ sentence: String) {
    let error = #expect(throws: ImportError.self) { try read(json, named: "open_clip_config.json") }
    #expect(error?.description.contains(sentence) == true, "\(error?.description ?? "")")
  }

  /// Every byte of a sound file taken out, or made a digit, a quotation mark or a brace.
  @Test(arguments: [("config.json", huggingFace), ("config.json", timm), ("open_clip_config.json", openCLIP)])
  func aChangedByteIsReadOrNamed(_ name: String, _ json: String) {
    let sound = Array(json.utf8)
    for index in sound.indices {
      for byte in [nil, UInt8(ascii: "9"), UInt8(ascii: "\""), UInt8(ascii: "}")] {
        var bytes = sound
        bytes.replaceSubrange(index...index, with: byte.map { [$0] } ?? [])
        do throws(ImportError) { _ = try ModelFiles.read(bytes, named: name) } catch {
          #expect(!error.description.isEmpty)
        }
      }
    }
  }
}
