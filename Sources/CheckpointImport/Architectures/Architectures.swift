import Checkpoint
import ImageInput
import SoftMoEViT

/// What timm's names say of Vision Transformers beside their tensors: `vit_base_patch16_clip_224.openai`.
///
/// The facts are those of timm's own code; `scripts/timm_architectures.py` writes them.
enum Architectures {
  private static let lines = table(PackageResources.timm_tsv)

  static func table(_ bytes: [UInt8]) -> [[Substring]] {
    String(decoding: bytes, as: UTF8.self).split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false)
    }
  }

  /// What a name says.
  ///
  /// - Parameters:
  ///   - name: timm's, with the tag of its pretrained weights or without, or the id of a model of Hugging Face.
  ///   - origin: who gives the name.
  /// - Throws: `ImportError.option` for a name that is not known, with the nearest that are.
  static func evidence(for name: String, origin: Origin) throws(ImportError) -> Evidence {
    if name.contains("/"), !name.hasPrefix("timm/") { return try huggingFace(name, origin) }
    let parts = name.split(separator: "/").last.map(String.init) ?? name
    let (architecture, tag) = (parts.prefix { $0 != "." }, parts.drop { $0 != "." }.dropFirst())
    guard let start = lines.firstIndex(where: { $0.count == 7 && $0[0] == architecture }) else {
      let names = lines.filter { $0.count == 7 }.map { String($0[0]) }
      throw .option(
        name: "architecture",
        problem: "\(quoted(name)) is not known; the nearest names of timm are "
          + nearest(to: String(architecture), among: names))
    }
    let line = lines[start]
    var evidence = facts(Array(line[...4]) + [line[6]], origin)
    evidence.blockNorm = BlockNormKind(rawValue: String(line[5])).map { Known(value: $0, origin: origin) }
    let tags = lines[(start + 1)...].prefix { $0[0] == "." }.filter { tag.isEmpty || $0[1] == tag }
    guard tag.isEmpty || !tags.isEmpty else {
      throw .option(name: "architecture", problem: "\(quoted(name)): timm has no weights of that tag")
    }
    // Without a tag only what all its weights share.
    if let first = tags.first, tags.allSatisfy({ $0[2...7] == first[2...7] }) {
      evidence.preprocessing = try preprocessing(first).map { Known(value: $0, origin: origin) }
      evidence.cropFraction = Double(first[3])
      evidence.imageSize = extent(first[2]).map { Known(value: $0, origin: origin) }
    }
    if !tags.isEmpty, tags.allSatisfy({ $0[8] == "1000" }) { evidence.imageNet = origin }
    return evidence
  }

  /// What both tables begin with: a name, heads, epsilon, activation, pooling, the input's size.
  static func facts(_ line: [Substring], _ origin: Origin) -> Evidence {
    func known<Value>(_ value: Value?) -> Known<Value>? { value.map { Known(value: $0, origin: origin) } }
    var evidence = Evidence()
    evidence.headCount = known(Int(line[1]))
    evidence.normEpsilon = known(Float(line[2]))
    evidence.activation = known(ActivationKind(rawValue: String(line[3])))
    evidence.pooling = known(PoolingOption(rawValue: String(line[4])))
    evidence.imageSize = known(extent(line[5]))
    return evidence
  }

  static func extent(_ text: Substring) -> ImageExtent? {
    let sides = text.split(separator: "x").compactMap { Int($0) }
    return sides.count == 2 ? ImageExtent(height: sides[0], width: sides[1]) : nil
  }

  private static func preprocessing(_ line: [Substring]) throws(ImportError) -> Preprocessing? {
    guard let size = extent(line[2]) else { return nil }
    let json =
      "{\"crop_pct\": \(line[3]), \"crop_mode\": \"\(line[4])\", \"interpolation\": \"\(line[5])\", "
      + "\"mean\": [\(line[6])], \"std\": [\(line[7])]}"
    return try SourcePreprocessing.read(
      timm: Array(json.utf8), size: (size.height, size.width), file: "timm's configuration")
  }

  /// The three names with the longest common beginnings and fewest differing letters.
  static func nearest(to name: String, among names: [String]) -> String {
    let distances = names.map { (name: $0, distance: distance($0, name)) }
    return distances.sorted { $0.distance < $1.distance }.prefix(3).map { "'\($0.name)'" }.joined(
      separator: ", ")
  }

  /// Letters to insert, take out or change.
  private static func distance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a.utf8.prefix(100)), Array(b.utf8.prefix(100)))
    var row = Array(0...b.count)
    for (i, letter) in a.enumerated() {
      var corner = row[0]
      row[0] = i + 1
      for (j, other) in b.enumerated() {
        let change = corner + (letter == other ? 0 : 1)
        corner = row[j + 1]
        row[j + 1] = min(change, row[j] + 1, corner + 1)
      }
    }
    return row[b.count]
  }
}
