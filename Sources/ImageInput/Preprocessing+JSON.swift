/// The JSON form, in a checkpoint's `preprocessing` section and in files of one's own:
/// `{"resize_shorter": 256, "filter": "bicubic", "crop_height": 224, "crop_width": 224, "mean": […], "std": […]}`,
/// with `"resize": [height, width]` or `"resize": "squash"`, which is the crop's, in place of `resize_shorter`, and `"antialias": false` where there is none.
extension Preprocessing: Codable {
  private enum Key: String, CodingKey, CaseIterable {
    case resize
    case resizeShorter = "resize_shorter"
    case filter
    case antialias
    case cropHeight = "crop_height"
    case cropWidth = "crop_width"
    case mean
    case std
  }

  /// Any key, so that one which means nothing here is seen.
  private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  private static let squash = "squash"

  /// - Throws: `DecodingError` for an unknown key, naming it and the known ones, for a missing key, and for
  ///   values of another kind.
  package init(from decoder: any Decoder) throws {
    for key in try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue).sorted()
    where Key(rawValue: key) == nil {
      throw Self.problem(
        "expected the keys \(Key.allCases.map(\.rawValue).joined(separator: ", ")), found '\(key)'",
        at: AnyKey(stringValue: key), decoder)
    }
    let values = try decoder.container(keyedBy: Key.self)
    let name = try values.decode(String.self, forKey: .filter)
    guard let filter = Filter(rawValue: name) else {
      throw Self.problem(
        "expected filter to be one of \(Filter.allCases.map(\.rawValue).joined(separator: ", ")), found '\(name)'",
        at: Key.filter, decoder)
    }
    self.filter = filter
    antialias = try values.decodeIfPresent(Bool.self, forKey: .antialias) ?? true
    cropHeight = try values.decode(Int.self, forKey: .cropHeight)
    cropWidth = try values.decode(Int.self, forKey: .cropWidth)
    if values.contains(.resize) {
      let sides =
        (try? values.decode(String.self, forKey: .resize)) == Self.squash
        ? [cropHeight, cropWidth] : (try? values.decode([Int].self, forKey: .resize)) ?? []
      guard sides.count == 2, !values.contains(.resizeShorter) else {
        throw Self.problem(
          "expected \"squash\" or [height, width], and no resize_shorter beside it", at: Key.resize, decoder)
      }
      resize = .sides(height: sides[0], width: sides[1])
    } else {
      resize = .shorter(try values.decode(Int.self, forKey: .resizeShorter))
    }
    mean = try values.decode([Float].self, forKey: .mean)
    std = try values.decode([Float].self, forKey: .std)
  }

  /// What earlier versions could say is written as they wrote it.
  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    switch resize {
    case .shorter(let side): try values.encode(side, forKey: .resizeShorter)
    case .sides(cropHeight, cropWidth): try values.encode(Self.squash, forKey: .resize)
    case .sides(let height, let width): try values.encode([height, width], forKey: .resize)
    }
    try values.encode(filter, forKey: .filter)
    if !antialias { try values.encode(false, forKey: .antialias) }
    try values.encode(cropHeight, forKey: .cropHeight)
    try values.encode(cropWidth, forKey: .cropWidth)
    try values.encode(mean, forKey: .mean)
    try values.encode(std, forKey: .std)
  }

  private static func problem(
    _ text: String, at key: any CodingKey, _ decoder: any Decoder
  ) -> DecodingError {
    .dataCorrupted(DecodingError.Context(codingPath: decoder.codingPath + [key], debugDescription: text))
  }
}
