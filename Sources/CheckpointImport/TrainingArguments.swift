import ImageInput
import SoftMoEViT

/// What a training script wrote of its own arguments beside a checkpoint: timm's `train.py`, DeiT's, MAE's, DINO's.
///
/// They name the architecture, the input's size and how images are prepared. A key that is not known, and a value of
/// another kind than the scripts write, say nothing; what the tensors say is stronger, since the file may be of another run.
enum TrainingArguments {
  static let names = ["args.json", "args.yaml"]

  /// What they say; how images are prepared may be asked otherwise, so what can't be done of it is kept.
  static func evidence(_ arguments: JSONObject, _ origin: Origin) -> Evidence {
    var evidence = architecture(arguments, origin)
    if let size = sides(arguments).flatMap(extent) { evidence.imageSize = Known(value: size, origin: origin) }
    if let pooling = pooling(arguments) { evidence.pooling = Known(value: pooling, origin: origin) }
    if let settings = preparation(arguments, evidence) {
      (evidence.preprocessing, evidence.cropFraction) = (nil, nil)
      evidence.takePreprocessing(from: origin) { () throws(ImportError) in
        try SourcePreprocessing.read(timm: JSONObject(settings, file: file(origin)), file: file(origin))
      }
      if evidence.preprocessing != nil, case .number(let fraction)? = settings["crop_pct"] {
        evidence.cropFraction = fraction
      }
    }
    evidence.imageNet = isImageNet(arguments) ? origin : nil
    return evidence
  }

  private static func file(_ origin: Origin) -> String { "\(origin)" }

  /// timm's facts of the architecture; of the weights that it was begun with neither classes nor labels.
  private static func architecture(_ arguments: JSONObject, _ origin: Origin) -> Evidence {
    guard let name = text(arguments, "model", "arch") else { return Evidence() }
    // MAE's names have no size, DINO's no patches either.
    var names = [name, name + "_224"]
    if let side = sides(arguments)?.last { names.append("\(name)_\(whole(side))") }
    if let patch = number(arguments, "patch_size") { names.append("\(name)_patch\(whole(patch))_224") }
    for name in names {
      if let found = try? Architectures.evidence(for: name, origin: origin) { return found }
    }
    return Evidence()
  }

  private static func whole(_ number: Double) -> String { Int(exactly: number).map { "\($0)" } ?? "" }

  private static func pooling(_ arguments: JSONObject) -> PoolingOption? {
    if case .flag(let isMean)? = arguments["global_pool"] { return isMean ? .gap : .token }
    return text(arguments, "gp", "global_pool").flatMap { ["token": .token, "avg": .gap, "map": .map][$0] }
  }

  private static func isImageNet(_ arguments: JSONObject) -> Bool {
    guard number(arguments, "num_classes", "nb_classes") == 1000 else { return false }
    let name = text(arguments, "data_set", "dataset")?.lowercased() ?? ""
    return name == "imnet" || name.contains("imagenet")
  }

  /// timm's keys of preparing images: what the arguments say, else what DeiT's and MAE's scripts do, else what the
  /// architecture has; nil when the architecture says all, or nothing does.
  private static func preparation(_ arguments: JSONObject, _ evidence: Evidence) -> [String: JSONValue]? {
    var own: [String: JSONValue] = [:]
    for key in ["mean", "std"] { if case .list? = arguments[key] { own[key] = arguments[key] } }
    for key in ["interpolation", "crop_mode"] { own[key] = text(arguments, key).map { .text($0) } }
    own["crop_pct"] = number(arguments, "crop_pct", "eval_crop_ratio").map { .number($0) }
    let sides = sides(arguments)
    // Both have nb_classes where timm has num_classes; they resize to 256/224 of the size, MAE only up to 224.
    let isScript = number(arguments, "nb_classes") != nil && number(arguments, "input_size") != nil
    if isScript, own["crop_pct"] == nil {
      let isLarge = arguments.has("blr") && sides.map { $0[0] > 224 } ?? false
      own["crop_pct"] = .number(isLarge ? 1 : SourcePreprocessing.cropFraction)
    }
    guard !own.isEmpty || sides != nil && evidence.preprocessing != nil else { return nil }
    var settings: [String: JSONValue] = [:]
    if !isScript, let known = evidence.preprocessing?.value {
      settings["input_size"] = size([Double(known.cropHeight), Double(known.cropWidth)])
      settings["interpolation"] = .text(known.filter.rawValue)
      if case .sides = known.resize { settings["crop_mode"] = .text("squash") }
      settings["mean"] = .list(known.mean.map { .number(Double($0)) })
      settings["std"] = .list(known.std.map { .number(Double($0)) })
      settings["crop_pct"] = evidence.cropFraction.map { .number($0) }
    }
    if let sides { settings["input_size"] = size(sides) }
    settings.merge(own) { $1 }
    // Without a size there is nothing to crop to.
    return settings["input_size"] == nil ? nil : settings
  }

  private static func size(_ sides: [Double]) -> JSONValue { .list(([3] + sides).map { .number($0) }) }

  /// Height and width: `img_size` or `input_size`, one number or timm's three.
  private static func sides(_ arguments: JSONObject) -> [Double]? {
    for key in ["img_size", "input_size"] {
      switch arguments[key] {
      case .number(let side): return [side, side]
      case .list(let list):
        let sides = list.compactMap { if case .number(let side) = $0 { side } else { nil } as Double? }
        if sides.count == list.count, (2...3).contains(sides.count) { return Array(sides.suffix(2)) }
      default: continue
      }
    }
    return nil
  }

  private static func extent(_ sides: [Double]) -> ImageExtent? {
    let whole = sides.compactMap { Int(exactly: $0) }.filter((1...ModelConfiguration.longestSide).contains)
    return whole.count == 2 ? ImageExtent(height: whole[0], width: whole[1]) : nil
  }

  private static func text(_ arguments: JSONObject, _ keys: String...) -> String? {
    for key in keys { if case .text(let text)? = arguments[key], !text.isEmpty { return text } }
    return nil
  }

  private static func number(_ arguments: JSONObject, _ keys: String...) -> Double? {
    for key in keys { if case .number(let number)? = arguments[key] { return number } }
    return nil
  }
}
