import Checkpoint
import FoundationEssentials
import ImageInput

/// How a published model's own files say that its images are prepared.
package struct SourcePreprocessing {
  private let file: String
  private let values: JSONObject

  /// Reads timm's `pretrained_cfg`: by itself, or inside a `config.json` that has one.
  ///
  /// The shorter side becomes ⌊size / crop_pct⌋ and the middle is cropped (`crop_mode` "center"); "squash"
  /// resizes both sides to ⌊size / crop_pct⌋.
  /// - Parameters:
  ///   - bytes: JSON.
  ///   - size: height and width of the model's input, where they are known; else `input_size` says.
  ///   - file: the file's name, for errors.
  /// - Throws: `ImportError.invalidSource` for what is no such file, `.unsupported` for what can't be done.
  package static func read(
    timm bytes: [UInt8], size: (height: Int, width: Int)? = nil, file: String = "config.json"
  ) throws(ImportError) -> Preprocessing {
    let whole = try JSONObject(bytes, file: file)
    let source = Self(file: file, values: try whole.object("pretrained_cfg") ?? whole)
    return try source.timm(size: size)
  }

  /// The same of an object that is there already.
  static func read(timm object: JSONObject, file: String) throws(ImportError) -> Preprocessing {
    try Self(file: file, values: object).timm(size: nil)
  }

  /// Reads Hugging Face's `preprocessor_config.json`.
  ///
  /// `size` {height, width} squashes; {shortest_edge}, and a number in a processor that crops, resize the
  /// shorter side; `crop_size` is cropped from the middle where `do_center_crop` is true.
  /// - Parameters:
  ///   - bytes: JSON.
  ///   - file: the file's name, for errors.
  /// - Throws: `ImportError.invalidSource` for what is no such file, `.unsupported` for what can't be done.
  package static func read(
    huggingFace bytes: [UInt8], file: String = "preprocessor_config.json"
  ) throws(ImportError) -> Preprocessing {
    try Self(file: file, values: JSONObject(bytes, file: file)).huggingFace()
  }

  // MARK: timm

  private func timm(size known: (height: Int, width: Int)?) throws(ImportError) -> Preprocessing {
    let (height, width) = if let known { known } else { try inputSize() }
    let fraction = try values.number("crop_pct") ?? Self.cropFraction
    guard fraction > 0, fraction <= 2 else {
      throw values.problem("expected crop_pct above 0 and at most 2, found \(fraction)")
    }
    // timm divides in double and cuts.
    func resized(_ side: Int) throws(ImportError) -> Int {
      try self.side((Double(side) / fraction).rounded(.down), "size / crop_pct")
    }
    let resize: Preprocessing.Resize
    switch try values.text("crop_mode") ?? "center" {
    case "center" where height == width: resize = .shorter(try resized(height))
    case "center":
      throw unsupported("crop_mode \"center\" of an input of \(height)x\(width), which is not square")
    case "squash": resize = .sides(height: try resized(height), width: try resized(width))
    case let mode: throw unsupported("crop_mode \(quoted(mode)): expected \"center\" or \"squash\"")
    }
    return try made(
      resize: resize, filter: filter(named: try values.text("interpolation") ?? "bicubic"),
      height: height, width: width,
      mean: try values.numbers("mean", count: 3) ?? Self.imageNetMean,
      std: try values.numbers("std", count: 3) ?? Self.imageNetStd)
  }

  private func inputSize() throws(ImportError) -> (Int, Int) {
    guard let input = try values.numbers("input_size", count: 3) else {
      throw values.problem("expected input_size, [3, height, width]; it is not there")
    }
    guard input[0] == 3 else { throw unsupported("input_size of \(input[0]) channels: photos have 3") }
    return (try side(input[1], "input_size"), try side(input[2], "input_size"))
  }

  /// timm's, where nothing says another.
  static let cropFraction = 0.875
  private static let imageNetMean = [0.485, 0.456, 0.406]
  private static let imageNetStd = [0.229, 0.224, 0.225]

  private func filter(named name: String) throws(ImportError) -> Preprocessing.Filter {
    // timm draws one at random for "random", which is for training.
    guard let filter = Preprocessing.Filter(rawValue: name) else {
      throw unsupported(
        "interpolation \(quoted(name)): expected one of "
          + Preprocessing.Filter.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return filter
  }

  // MARK: Hugging Face

  private func huggingFace() throws(ImportError) -> Preprocessing {
    let rescales = try values.flag("do_rescale") ?? true
    let factor = try values.number("rescale_factor") ?? 1 / 255
    guard rescales, abs(factor * 255 - 1) < 1e-6 else {
      throw unsupported(
        rescales ? "rescale_factor \(factor): only 1/255 is done" : "do_rescale false: only 1/255 is done")
    }
    for (key, does) in [("do_pad", true), ("do_resize", false)] where try values.flag(key) == does {
      throw unsupported("\(key) \(does): photos of any size come, and are resized and cropped")
    }
    guard !values.has("crop_pct") else { throw unsupported("crop_pct: only timm's own files may have one") }
    let normalises = try values.flag("do_normalize") ?? true
    let resize = try huggingFaceResize()
    let crop = try values.flag("do_center_crop") ?? false ? try sides("crop_size") : nil
    let height: Int
    let width: Int
    switch (crop, resize) {
    case (let crop?, _): (height, width) = crop
    case (nil, .sides(let rows, let columns)): (height, width) = (rows, columns)
    case (nil, .shorter): throw unsupported("a shorter side without do_center_crop: sizes would differ")
    }
    return try made(
      resize: resize, filter: filter(number: try values.number("resample")), height: height, width: width,
      mean: normalises ? channels("image_mean") : [0, 0, 0],
      std: normalises ? channels("image_std") : [1, 1, 1])
  }

  /// `size`, an object or a number. What a number means, the processor's kind says.
  private func huggingFaceResize() throws(ImportError) -> Preprocessing.Resize {
    guard values.has("size") else { throw values.problem("expected size; it is not there") }
    if let object = try values.objectIfAny("size") {
      if object.keys == ["shortest_edge"] {
        return .shorter(try side(object.number("shortest_edge") ?? 0, "size"))
      }
      let (height, width) = try sides("size")
      return .sides(height: height, width: width)
    }
    let side = try self.side(values.number("size") ?? 0, "size")
    let type = try values.text("image_processor_type")
    let formerType = try values.text("feature_extractor_type")
    let kind = type ?? formerType ?? ""
    if ["ViT", "DeiT", "Siglip", "Beit"].contains(where: kind.hasPrefix) {
      return .sides(height: side, width: side)
    }
    if ["CLIP", "ChineseCLIP", "Bit"].contains(where: kind.hasPrefix) { return .shorter(side) }
    throw unsupported(
      "size \(side) of a processor of the kind \(quoted(kind)), which may mean both sides or the shorter one: "
        + "write {\"height\": \(side), \"width\": \(side)} or {\"shortest_edge\": \(side)}")
  }

  /// A number, or height and width.
  private func sides(_ key: String) throws(ImportError) -> (Int, Int) {
    guard let object = try values.objectIfAny(key) else {
      let side = try self.side(values.number(key) ?? 0, key)
      return (side, side)
    }
    guard object.keys == ["height", "width"] else {
      throw unsupported(
        "\(key) with \(object.keys.map { quoted($0) }.joined(separator: ", ")): expected height and width, "
          + "or in size shortest_edge alone")
    }
    return (try side(object.number("height") ?? 0, key), try side(object.number("width") ?? 0, key))
  }

  /// Pillow's number for a filter.
  private func filter(number: Double?) throws(ImportError) -> Preprocessing.Filter {
    switch number {
    case 0: .nearest
    case 1: .lanczos
    case 2: .bilinear
    case 3: .bicubic
    case 4: .box
    case 5: .hamming
    case nil: throw values.problem("expected resample, Pillow's number of a filter; it is not there")
    case let other?: throw values.problem("expected resample from 0 to 5, found \(other)")
    }
  }

  private func channels(_ key: String) throws(ImportError) -> [Double] {
    guard let numbers = try values.numbers(key, count: 3) else {
      throw values.problem("expected \(key), three numbers; it is not there")
    }
    return numbers
  }

  // MARK: Both

  private func made(
    resize: Preprocessing.Resize, filter: Preprocessing.Filter, height: Int, width: Int, mean: [Double],
    std: [Double]
  ) throws(ImportError) -> Preprocessing {
    let preprocessing = Preprocessing(
      resize: resize, filter: filter, cropHeight: height, cropWidth: width, mean: mean.map { Float($0) },
      std: std.map { Float($0) })
    do throws(ImageError) { try preprocessing.validate() } catch {
      throw values.problem(error.description)
    }
    return preprocessing
  }

  private func side(_ number: Double, _ what: String) throws(ImportError) -> Int {
    guard let side = Int(exactly: number), (1...Preprocessing.longestSide).contains(side) else {
      throw values.problem(
        "expected \(what) to be whole pixels from 1 to \(Preprocessing.longestSide), found \(number)")
    }
    return side
  }

  private func unsupported(_ what: String) -> ImportError { .unsupported("\(file): \(what)") }
}
