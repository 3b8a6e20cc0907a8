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

  /// The largest difference between what a model answers and the probe, as a share of the largest result, up to the first
  /// image that is wrong; nil where the two have no common shape.
  func error(of model: SoftMoEViT, _ workspace: inout Workspace) -> Float? {
    let configuration = model.configuration
    // Without a head what its framework answers are the features.
    let isOfFeatures = isOfFeatures || configuration.classCount == 0
    let width = isOfFeatures ? configuration.featureWidth : configuration.classCount
    guard ImageExtent(height: configuration.imageHeight, width: configuration.imageWidth) == size,
      results.allSatisfy({ $0.count == width })
    else { return nil }
    var worst: Float = 0
    for (image, expected) in zip(images, results) {
      model.load(image, at: 0, &workspace)
      model.forward(imageCount: 1, &workspace)
      let found = isOfFeatures ? workspace.features(of: 0) : workspace.logits(of: 0)
      let scale = expected.reduce(1) { max($0, abs($1)) }
      for (a, b) in zip(found, expected) {
        let difference = abs(a - b) / scale
        worst = difference.isNaN ? .infinity : max(worst, difference)
      }
      // Further images would not make it right.
      if worst > Self.relativeBound { break }
    }
    return worst
  }
}
