import Checkpoint
import FoundationEssentials
import ImageInput
import SoftMoEViT

/// The files that libraries and training scripts put beside a checkpoint: `config.json` of timm or Hugging Face,
/// `preprocessor_config.json`, `open_clip_config.json`, `args.json` or `args.yaml`.
package enum ModelFiles {
  /// Their names, those first whose word counts most.
  package static let names =
    ["preprocessor_config.json", "config.json", "open_clip_config.json"] + TrainingArguments.names

  /// What they say.
  ///
  /// - Parameter path: of the checkpoint.
  /// - Throws: `ImportError` for a file that is there and can't be understood.
  static func evidence(beside path: String) throws(ImportError) -> Evidence {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    var evidence = Evidence()
    for name in names {
      guard let bytes = try bytes(name, in: folder) else { continue }
      evidence = evidence.completed(by: try read(bytes, named: name))
    }
    return evidence
  }

  /// What one of them says.
  ///
  /// - Throws: `ImportError` for what can't be understood; how images are prepared may be asked otherwise, so what can't
  ///   be done of it is kept in `Evidence.preprocessingProblem`.
  package static func read(_ bytes: [UInt8], named name: String) throws(ImportError) -> Evidence {
    if name == "preprocessor_config.json" {
      var evidence = Evidence()
      evidence.takePreprocessing(from: .file(name)) { () throws(ImportError) in
        try SourcePreprocessing.read(huggingFace: bytes)
      }
      return evidence
    }
    if name == "args.yaml" {
      return TrainingArguments.evidence(JSONObject(FlatYAML.values(bytes), file: name), .file(name))
    }
    let object = try JSONObject(bytes, file: name)
    if name == "args.json" { return TrainingArguments.evidence(object, .file(name)) }
    if name == "open_clip_config.json" { return try openCLIP(object, .file(name)) }
    if object.has("architecture") || object.has("pretrained_cfg") { return try timm(object, bytes) }
    return object.has("model_type") ? try huggingFace(object) : Evidence()
  }

  private static let origin = Origin.file("config.json")

  private static func bytes(_ name: String, in folder: String) throws(ImportError) -> [UInt8]? {
    guard FileManager.default.fileExists(atPath: folder + name) else { return nil }
    let file: MappedFile
    do throws(CheckpointError) { file = try MappedFile(path: folder + name) } catch {
      throw .checkpoint(error)
    }
    guard file.bytes.count <= JSONObject.longestFile else {
      throw .invalidSource(
        path: name,
        problem: "expected at most \(JSONObject.longestFile) bytes of JSON, found \(file.bytes.count)")
    }
    return Array(file.bytes)
  }

  // MARK: timm

  private static func timm(_ object: JSONObject, _ bytes: [UInt8]) throws(ImportError) -> Evidence {
    var evidence = Evidence()
    if object.has("pretrained_cfg") {
      evidence.takePreprocessing(from: origin) { () throws(ImportError) in
        try SourcePreprocessing.read(timm: bytes)
      }
      if evidence.preprocessing != nil {
        evidence.cropFraction =
          try object.object("pretrained_cfg")?.number("crop_pct") ?? SourcePreprocessing.cropFraction
      }
      var labels = try object.list("label_names")
      if labels == nil, let inner = try object.object("pretrained_cfg") {
        labels = try inner.list("label_names")
      }
      if let labels {
        evidence.labels = Known(value: texts(labels), origin: origin)
      }
    }
    if let pooling = try object.text("global_pool") {
      let options = ["token": PoolingOption.token, "avg": .gap, "map": .map]
      evidence.pooling = options[pooling].map { Known(value: $0, origin: origin) }
    }
    guard let architecture = try object.text("architecture") else { return evidence }
    let tag = try object.object("pretrained_cfg")?.text("tag") ?? ""
    // A model of its own may have a name that timm does not know: what else the file says counts.
    let named =
      (try? Architectures.evidence(for: tag.isEmpty ? architecture : "\(architecture).\(tag)", origin: origin))
      ?? (try? Architectures.evidence(for: architecture, origin: origin))
    return evidence.completed(by: named ?? Evidence())
  }

  private static func texts(_ values: [JSONValue]) -> [String] {
    values.compactMap { if case .text(let text) = $0 { text } else { nil } }
  }

  // MARK: Hugging Face

  private static let activations: [String: ActivationKind] = [
    "gelu": .geluErf, "gelu_new": .geluTanh, "gelu_pytorch_tanh": .geluTanh, "gelu_fast": .geluTanh,
    "quick_gelu": .quickGelu, "relu": .relu, "silu": .silu, "swish": .silu,
  ]

  private static func huggingFace(_ whole: JSONObject) throws(ImportError) -> Evidence {
    // CLIP and SigLIP describe both towers.
    let object = try whole.object("vision_config") ?? whole
    var evidence = Evidence()
    func count(_ key: String) throws(ImportError) -> Int? {
      guard let number = try object.number(key) else { return nil }
      guard let value = Int(exactly: number), value > 0 else {
        throw object.problem("expected \(key) to be a whole number above 0, found \(number)")
      }
      return value
    }
    evidence.headCount = try count("num_attention_heads").map { Known(value: $0, origin: origin) }
    if let epsilon = try object.number("layer_norm_eps") {
      evidence.normEpsilon = Known(value: Float(epsilon), origin: origin)
    }
    if let name = try object.text("hidden_act") {
      guard let activation = activations[name] else {
        throw .unsupported("the activation \(quoted(name)) that config.json names")
      }
      // A gated MLP has its own; Hugging Face's is always SiLU.
      let isGated = try object.flag("use_swiglu_ffn") ?? false
      evidence.activation = Known(value: isGated ? .silu : activation, origin: origin)
    }
    evidence.imageSize = try imageSize(object).map { Known(value: $0, origin: origin) }
    if let labels = try whole.objectIfAny("id2label") {
      let names = (0..<labels.keys.count).compactMap { try? labels.text("\($0)") }
      // Without names of its own a model has LABEL_0, LABEL_1.
      if names.count == labels.keys.count, !names.isEmpty, names[0] != "LABEL_0" {
        evidence.labels = Known(value: names, origin: origin)
      }
    }
    return evidence
  }

  /// `image_size`, a number or height and width.
  static func imageSize(_ object: JSONObject) throws(ImportError) -> ImageExtent? {
    let sides: [Double]
    if case .number(let side)? = object["image_size"] {
      sides = [side, side]
    } else if let both = try object.numbersIfAny("image_size", count: 2) {
      sides = both
    } else {
      return nil
    }
    guard let height = Int(exactly: sides[0]), let width = Int(exactly: sides[1]),
      [height, width].allSatisfy((1...ModelConfiguration.longestSide).contains)
    else {
      throw object.problem(
        "expected image_size to be whole pixels from 1 to \(ModelConfiguration.longestSide), found \(sides[0]) and "
          + "\(sides[1])")
    }
    return ImageExtent(height: height, width: width)
  }
}
