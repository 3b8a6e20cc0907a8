import CheckpointImport
import ImageInput
import Testing

/// timm's and Hugging Face's own descriptions, as their files have them.
@Suite struct SourcePreprocessingTests {
  private func timm(_ json: String) throws(ImportError) -> Preprocessing {
    try SourcePreprocessing.read(timm: Array(json.utf8))
  }

  private func huggingFace(_ json: String) throws(ImportError) -> Preprocessing {
    try SourcePreprocessing.read(huggingFace: Array(json.utf8))
  }

  /// timm/vit_base_patch16_224.augreg2_in21k_ft_in1k: `Resize(248)`, `CenterCrop(224)`.
  @Test func timmsCropFractionIsAShorterSide() throws {
    let read = try timm(
      """
      {"architecture": "vit_base_patch16_224", "num_classes": 1000, "pretrained_cfg": {"input_size": [3, 224, 224],
       "fixed_input_size": true, "interpolation": "bicubic", "crop_pct": 0.9, "crop_mode": "center",
       "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5], "num_classes": 1000}}
      """)
    #expect(
      read
        == Preprocessing(
          resizeShorter: 248, filter: .bicubic, cropHeight: 224, cropWidth: 224, mean: [0.5, 0.5, 0.5],
          std: [0.5, 0.5, 0.5]))
  }

  /// ⌊size / crop_pct⌋ as Python computes it.
  @Test(arguments: [(224, 0.875, 256), (224, 0.95, 235), (384, 1.0, 384), (336, 0.9, 373), (518, 1.0, 518)])
  func fractionsAreCut(_ size: Int, _ fraction: Double, _ shorter: Int) throws {
    let read = try timm(#"{"input_size": [3, \#(size), \#(size)], "crop_pct": \#(fraction)}"#)
    #expect(read.resize == .shorter(shorter))
  }

  /// timm/vit_base_patch16_siglip_224: squash, and an override of the size.
  @Test func timmsSquashIsBothSides() throws {
    let json =
      #"{"input_size": [3, 224, 224], "crop_pct": 1.0, "crop_mode": "squash", "interpolation": "lanczos"}"#
    #expect(try timm(json).resize == .sides(height: 224, width: 224))
    let other = try SourcePreprocessing.read(timm: Array(json.utf8), size: (96, 64))
    #expect(other.resize == .sides(height: 96, width: 64) && (other.cropHeight, other.cropWidth) == (96, 64))
    #expect(other.filter == .lanczos && other.mean == [0.485, 0.456, 0.406])
  }

  /// google/vit-base-patch16-224, in its old and its new form.
  @Test(arguments: [
    #""size": 224, "feature_extractor_type": "ViTFeatureExtractor""#,
    #""size": {"height": 224, "width": 224}"#,
  ])
  func huggingFacesViTSquashes(_ size: String) throws {
    let read = try huggingFace(
      """
      {"do_normalize": true, "do_resize": true, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5],
       "resample": 2, \(size)}
      """)
    #expect(
      read
        == Preprocessing(
          resize: .sides(height: 224, width: 224), filter: .bilinear, cropHeight: 224, cropWidth: 224,
          mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5]))
  }

  /// openai/clip-vit-base-patch32, facebook/dinov2-base, facebook/deit-base-distilled-patch16-224.
  @Test(arguments: [
    (
      #""size": 224, "crop_size": 224, "feature_extractor_type": "CLIPFeatureExtractor""#,
      Preprocessing.Resize.shorter(224)
    ),
    (#""size": {"shortest_edge": 256}, "crop_size": {"height": 224, "width": 224}"#, .shorter(256)),
    (
      #""size": 256, "crop_size": 224, "feature_extractor_type": "DeiTFeatureExtractor""#,
      .sides(height: 256, width: 256)
    ),
  ])
  func huggingFacesCropsAreCropped(_ sizes: String, _ resize: Preprocessing.Resize) throws {
    let read = try huggingFace(
      """
      {"do_center_crop": true, "image_mean": [0.48, 0.45, 0.4], "image_std": [0.26, 0.26, 0.27], "resample": 3,
       "rescale_factor": 0.00392156862745098, \(sizes)}
      """)
    #expect(
      read.resize == resize && (read.cropHeight, read.cropWidth) == (224, 224) && read.filter == .bicubic)
  }

  @Test func withoutNormalisingPixelsStayInZeroToOne() throws {
    let read = try huggingFace(#"{"do_normalize": false, "size": {"height": 8, "width": 8}, "resample": 1}"#)
    #expect(read.mean == [0, 0, 0] && read.std == [1, 1, 1] && read.filter == .lanczos)
  }

  @Test(arguments: [
    (#"{"input_size": [3, 224, 224], "crop_mode": "border"}"#, "crop_mode 'border'"),
    (#"{"input_size": [3, 224, 224], "interpolation": "random"}"#, "interpolation 'random'"),
    (#"{"input_size": [1, 28, 28]}"#, "channels"), (#"{"mean": [0, 0, 0]}"#, "input_size"),
    (#"{"input_size": [3, 224, 224], "crop_pct": 0}"#, "crop_pct"), (#"[1]"#, "JSON object"),
    (#"{"input_size": [3, 2.5, 224]}"#, "whole pixels"),
    (#"{"input_size": [3, 1e300, 224]}"#, "whole pixels"),
    (#"{"input_size": [3, 224, 224], "std": [0, 1, 1]}"#, "std"), (#"{"input_size": "224"}"#, "input_size"),
    (#"{"input_size": [3, 224, 224], "crop_pct": 1e-300}"#, "whole pixels"),
    (#"{"input_size": [3, 192, 224], "crop_pct": 0.9}"#, "not square"),
  ])
  func whatTimmsFilesMayNotSayIsNamed(_ json: String, _ named: String) {
    #expect {
      try timm(json)
    } throws: {
      "\($0)".contains(named) && "\($0)".contains("config.json")
    }
  }

  @Test(arguments: [
    (#""rescale_factor": 1.0"#, "rescale_factor"), (#""do_rescale": false"#, "do_rescale"),
    (#""do_resize": false"#, "do_resize"), (#""do_pad": true"#, "do_pad"), (#""crop_pct": 0.9"#, "crop_pct"),
    (#""size": {"longest_edge": 224}"#, "longest_edge"),
    (#""size": {"shortest_edge": 224}"#, "do_center_crop"),
    (#""size": 224, "image_processor_type": "NewImageProcessor""#, "NewImageProcessor"),
    (#""size": null"#, "size"),
    (#""size": 1e300, "feature_extractor_type": "ViT""#, "whole pixels"), (#""resample": 9"#, "resample"),
    (#""resample": null"#, "resample"), (#""image_std": [1, 1]"#, "image_std"),
  ])
  func whatHuggingFacesFilesMayNotSayIsNamed(_ change: String, _ named: String) {
    let sound = [
      #""size": {"height": 8, "width": 8}"#, #""resample": 2"#, #""image_mean": [0, 0, 0]"#,
      #""image_std": [1, 1, 1]"#,
    ]
    let key = change.prefix { $0 != ":" }
    let json = "{" + (sound.filter { !$0.hasPrefix(key) } + [change]).joined(separator: ", ") + "}"
    #expect {
      try huggingFace(json)
    } throws: {
      "\($0)".contains(named) && "\($0)".contains("preprocessor_config.json")
    }
  }
}
