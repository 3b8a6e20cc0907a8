import Checkpoint
import SoftMoEViT

/// Normalised pixels, and what a model answers to them in the framework where it was made.
///
/// A safetensors file of `pixels` [n, 3, H, W] (or `pixels_nhwc` [n, H, W, 3]) and `logits` [n, c], or `features` [n, f]
/// for a model without a head.
struct Probe {
  /// [H, W, 3] each.
  let images: [[Float]]
  /// Of each image.
  let results: [[Float]]
  let size: ImageExtent
  /// Whether the results are features.
  let isOfFeatures: Bool

  /// How far a result may be off, as a share of the largest (or of 1).
  static let relativeBound: Float = 1e-4
  private static let mostImages = 4

  init(path: String) throws(ImportError) {
    func problem(_ text: String) -> ImportError { .option(name: "probe", problem: text) }
    let file: MappedFile
    do throws(CheckpointError) { file = try MappedFile(path: path) } catch { throw .checkpoint(error) }
    let tensors = Dictionary(
      try Safetensors.source(in: file, path: path).tensors.map { ($0.name, $0) }
    ) { first, _ in first }
    guard let pixels = tensors["pixels"] ?? tensors["pixels_nhwc"], pixels.shape.count == 4,
      pixels.shape.allSatisfy({ $0 > 0 })
    else { throw problem("expected a tensor pixels [n, 3, H, W] or pixels_nhwc [n, H, W, 3]") }
    let isChannelsFirst = pixels.name == "pixels"
    let (n, channels) = (pixels.shape[0], pixels.shape[isChannelsFirst ? 1 : 3])
    size = ImageExtent(
      height: pixels.shape[isChannelsFirst ? 2 : 1], width: pixels.shape[isChannelsFirst ? 3 : 2])
    guard channels == 3 else {
      throw problem("\(pixels.name) \(pixels.shape): expected three colour channels")
    }
    guard let result = tensors["logits"] ?? tensors["features"], result.shape.count == 2,
      result.shape[0] == n,
      result.shape[1] > 0
    else { throw problem("expected a tensor logits or features, a row for each of the \(n) images") }
    isOfFeatures = result.name == "features"
    let (planes, width) = (size.height * size.width, result.shape[1])
    let count = min(n, Self.mostImages)
    images = (0..<count).map { image in
      let values = pixels.floats(image * 3 * planes..<(image + 1) * 3 * planes)
      return isChannelsFirst ? (0..<3 * planes).map { values[$0 % 3 * planes + $0 / 3] } : values
    }
    results = (0..<count).map { result.floats($0 * width..<($0 + 1) * width) }
    guard images.allSatisfy({ $0.allSatisfy(\.isFinite) }), results.allSatisfy({ $0.allSatisfy(\.isFinite) })
    else { throw problem("expected finite numbers, found others") }
  }

  /// An image as a model reads it that fits: of rows and columns behind the last patch a convolution reads nothing.
  func pixels(_ image: Int, for model: ModelConfiguration) -> [Float] {
    let row = 3 * size.width
    return (0..<model.imageHeight).flatMap { y in images[image][y * row..<y * row + 3 * model.imageWidth] }
  }

  /// Whether a model reads such images and answers as many numbers.
  func fits(_ model: ModelConfiguration) -> Bool {
    let width = readsFeatures(of: model) ? model.featureWidth : model.classCount
    return ImageExtent(height: model.imageHeight, width: model.imageWidth)
      == size.cut(toPatchesOf: model.patchSize)
      && results.allSatisfy { $0.count == width }
  }

  /// Without a head what a model's framework answers are the features.
  func readsFeatures(of model: ModelConfiguration) -> Bool { isOfFeatures || model.classCount == 0 }

  /// The largest difference, as a share of the largest result, or of 1.
  static func difference(_ found: [Float], _ expected: [Float]) -> Float {
    let scale = expected.reduce(1) { max($0, abs($1)) }
    return zip(found, expected).reduce(Float(0)) { worst, pair in
      let difference = abs(pair.0 - pair.1) / scale
      return difference.isNaN ? .infinity : max(worst, difference)
    }
  }
}
