import Checkpoint
import ImageInput
import SoftMoEViT

/// What the ids of Hugging Face's common image models say beside their tensors: `google/vit-base-patch16-224`.
///
/// `scripts/hugging_face_architectures.py` writes the facts.
extension Architectures {
  private static let models = table(PackageResources.hugging_face_tsv)

  /// - Throws: `ImportError.option` for an id that is not known, with the nearest that are.
  static func huggingFace(_ id: String, _ origin: Origin) throws(ImportError) -> Evidence {
    guard let line = models.first(where: { $0[0] == id }) else {
      throw .option(
        name: "architecture",
        problem: "\(quoted(id)) is not known; the nearest models of Hugging Face are "
          + "\(nearest(to: id, among: models.map { String($0[0]) })); of another put config.json and "
          + "preprocessor_config.json beside the file, or give its architecture's name in timm")
    }
    var evidence = facts(line, origin)
    if let preprocessing = preprocessing(line) {
      evidence.preprocessing = Known(value: preprocessing, origin: origin)
    }
    if line[11] == "1000" { evidence.imageNet = origin }
    return evidence
  }

  private static func preprocessing(_ line: [Substring]) -> Preprocessing? {
    guard let crop = Int(line[7]), let filter = Preprocessing.Filter(rawValue: String(line[8])) else {
      return nil
    }
    let resize: Preprocessing.Resize? =
      extent(line[6]).map { .sides(height: $0.height, width: $0.width) } ?? Int(line[6]).map { .shorter($0) }
    return resize.map { resize in
      Preprocessing(
        resize: resize, filter: filter, cropHeight: crop, cropWidth: crop, mean: numbers(line[9]),
        std: numbers(line[10]))
    }
  }

  private static func numbers(_ text: Substring) -> [Float] {
    text.split(separator: ",").compactMap { Float($0) }
  }
}
