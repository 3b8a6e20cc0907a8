import Checkpoint
import ImageInput
import SoftMoEViT

extension ModelFiles {
  /// open_clip's `open_clip_config.json`: `model_cfg` with `vision_cfg`, `preprocess_cfg`.
  ///
  /// Heads are `width / head_width` (64 unless it says otherwise), epsilons torch's 1e-5 (`norm_kwargs.eps`), GELU by erf unless
  /// `quick_gelu` or `act_kwargs.approximate` say otherwise; a tower of timm's has its architecture's name.
  static func openCLIP(_ whole: JSONObject, _ origin: Origin) throws(ImportError) -> Evidence {
    var evidence = Evidence()
    guard let model = try whole.object("model_cfg"), let vision = try model.object("vision_cfg") else {
      return evidence
    }
    evidence.imageSize = try imageSize(vision).map { Known(value: $0, origin: origin) }
    if let preprocess = try whole.object("preprocess_cfg"), let size = evidence.imageSize?.value {
      evidence.takePreprocessing(from: origin) { () throws(ImportError) in
        try preprocessing(preprocess, size)
      }
    }
    if let name = try vision.text("timm_model_name") {
      return evidence.completed(
        by: (try? Architectures.evidence(for: name, origin: origin)) ?? Evidence())
    }
    func count(_ key: String) throws(ImportError) -> Int? {
      guard let number = try vision.number(key) else { return nil }
      guard let value = Int(exactly: number), value > 0 else {
        throw vision.problem("expected \(key) to be a whole number above 0, found \(number)")
      }
      return value
    }
    if let width = try count("width") {
      let headWidth = try count("head_width") ?? 64
      guard width % headWidth == 0 else {
        throw vision.problem("width \(width) is no multiple of head_width \(headWidth)")
      }
      evidence.headCount = Known(value: width / headWidth, origin: origin)
    }
    let epsilon = try vision.object("norm_kwargs")?.number("eps") ?? 1e-5
    evidence.normEpsilon = Known(value: Float(epsilon), origin: origin)
    let isQuick = try model.flag("quick_gelu") ?? false
    let isTanh = try vision.object("act_kwargs")?.text("approximate") == "tanh"
    evidence.activation = Known(value: isQuick ? .quickGelu : isTanh ? .geluTanh : .geluErf, origin: origin)
    return evidence
  }

  /// The shorter side to the input's, and the middle; or both sides.
  private static func preprocessing(_ object: JSONObject, _ size: ImageExtent) throws(ImportError)
    -> Preprocessing
  {
    let mode = try object.text("resize_mode") ?? "shortest"
    guard ["shortest", "squash"].contains(mode), mode == "squash" || size.height == size.width else {
      throw .unsupported(
        "open_clip_config.json: resize_mode \(quoted(mode)) of \(size.height)x\(size.width): expected "
          + "\"shortest\" of a square, or \"squash\"")
    }
    let name = try object.text("interpolation") ?? "bicubic"
    guard let filter = Preprocessing.Filter(rawValue: name) else {
      throw .unsupported("open_clip_config.json: interpolation \(quoted(name))")
    }
    let mean = try object.numbers("mean", count: 3) ?? [0.48145466, 0.4578275, 0.40821073]
    let std = try object.numbers("std", count: 3) ?? [0.26862954, 0.26130258, 0.27577711]
    let result = Preprocessing(
      resize: mode == "squash" ? .sides(height: size.height, width: size.width) : .shorter(size.height),
      filter: filter, cropHeight: size.height, cropWidth: size.width, mean: mean.map { Float($0) },
      std: std.map { Float($0) })
    do throws(ImageError) { try result.validate() } catch { throw object.problem(error.description) }
    return result
  }
}
