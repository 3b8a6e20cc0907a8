import CheckpointImport
import ImageInput
import Testing

/// Preparing images for a model whose input has another size than the source says.
@Suite struct FittedPreprocessingTests {
  private func timm(_ size: Int, _ more: String) throws(ImportError) -> Evidence {
    try ModelFiles.read(
      Array(#"{"pretrained_cfg": {"input_size": [3, \#(size), \#(size)], \#(more)}}"#.utf8),
      named: "config.json")
  }

  private func huggingFace(_ json: String) throws(ImportError) -> Evidence {
    try ModelFiles.read(
      Array(#"{"resample": 3, "image_mean": [0, 0, 0], "image_std": [1, 1, 1], \#(json)}"#.utf8),
      named: "preprocessor_config.json")
  }

  private func extent(_ side: Int) -> ImageExtent { ImageExtent(height: side, width: side) }

  /// timm's `create_transform(input_size=…, crop_pct=…)`: Resize(⌊size / crop_pct⌋), CenterCrop(size).
  @Test(arguments: [(224, 0.9, 384, 426), (224, 0.875, 384, 438), (224, 0.95, 32, 33), (384, 1.0, 224, 224)])
  func timmsShareOfTheImageStays(_ stated: Int, _ fraction: Double, _ size: Int, _ shorter: Int) throws {
    let evidence = try timm(stated, #""crop_pct": \#(fraction)"#)
    let found = try #require(try evidence.preprocessing(for: extent(size), patch: 16))
    #expect(found.value.resize == .shorter(shorter))
    #expect(found.value.cropHeight == size && found.value.cropWidth == size)
    #expect(found.scaledFrom == extent(stated) && found.origin == .file("config.json"))
  }

  @Test func theStatedSizeStaysAsItIs() throws {
    let found = try #require(try timm(224, #""crop_pct": 0.9"#).preprocessing(for: extent(224), patch: 16))
    #expect(found.value.resize == .shorter(248) && found.scaledFrom == nil)
  }

  @Test func aSquashStaysASquash() throws {
    let evidence = try timm(224, #""crop_pct": 1.0, "crop_mode": "squash""#)
    let size = ImageExtent(height: 96, width: 160)
    let found = try #require(try evidence.preprocessing(for: size, patch: 16))
    #expect(found.value.resize == .sides(height: 96, width: 160))
  }

  /// DINOv2 was trained on 518 pixels, and its processor crops 224 of 256.
  @Test func huggingFacesRatioOfSizesStays() throws {
    let evidence = try huggingFace(
      #""size": {"shortest_edge": 256}, "crop_size": {"height": 224, "width": 224}, "do_center_crop": true"#)
    let found = try #require(try evidence.preprocessing(for: extent(518), patch: 14))
    #expect(found.value.resize == .shorter(592))
  }

  /// Patches of 14 leave 6 of 384 pixels unread: images are resized as before, and cropped.
  @Test func whatPatchesDoNotCoverIsCropped() throws {
    let evidence = try huggingFace(#""size": {"height": 384, "width": 384}"#)
    let found = try #require(try evidence.preprocessing(for: extent(378), patch: 14))
    #expect(found.value.resize == .sides(height: 384, width: 384) && found.value.cropHeight == 378)
  }

  @Test func theShorterSideOfASquareSaysNothingOfARectangle() throws {
    let evidence = try timm(224, #""crop_pct": 0.9"#)
    let error = #expect(throws: ImportError.self) {
      try evidence.preprocessing(for: ImageExtent(height: 224, width: 448), patch: 16)
    }
    #expect(error?.description.contains("--preprocess: config.json resizes the shorter side") == true)
  }

  @Test func sidesThatBecomeTooLongAreNamed() throws {
    let evidence = try timm(224, #""crop_pct": 0.05"#)
    let error = #expect(throws: ImportError.self) {
      try evidence.preprocessing(for: extent(16_384), patch: 16)
    }
    #expect(error?.description.contains("16384") == true)
    #expect(try Evidence.read("{}").preprocessing(for: extent(8), patch: 2) == nil)
  }
}

extension Evidence {
  fileprivate static func read(_ json: String) throws(ImportError) -> Evidence {
    try ModelFiles.read(Array(json.utf8), named: "config.json")
  }
}
