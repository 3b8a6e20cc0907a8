import ImageInput
import SoftMoEViT

extension Evidence {
  /// How images are prepared for a model.
  package struct FittedPreprocessing: Sendable {
    package let value: Preprocessing
    package let origin: Origin
    /// The input's size that the source has in mind, where the model's is another.
    package let scaledFrom: ImageExtent?
  }

  /// What is known of preparing images, for an input of a size: where the source speaks of another, the same share of the
  /// resized image is cropped, ⌊size / crop_pct⌋ as timm does it.
  ///
  /// An input that is smaller by less than a patch is what a convolution reads of the source's: its images are resized as
  /// they would be, and the rest is cropped.
  /// - Returns: nil where nothing is known.
  /// - Throws: `ImportError.option` for what can't be scaled or done.
  package func preprocessing(for size: ImageExtent, patch: Int) throws(ImportError) -> FittedPreprocessing? {
    guard let known = preprocessing else {
      guard let problem = preprocessingProblem else { return nil }
      throw .option(
        name: "preprocess",
        problem: "what is beside the model can't be done; give a preset or a file (\(problem))")
    }
    var value = known.value
    let stated = ImageExtent(height: value.cropHeight, width: value.cropWidth)
    (value.cropHeight, value.cropWidth) = (size.height, size.width)
    guard stated != size else {
      return FittedPreprocessing(value: known.value, origin: known.origin, scaledFrom: nil)
    }
    if stated.cut(toPatchesOf: patch) != size {
      value.resize = try resize(known, from: stated, to: size)
      do throws(ImageError) { try value.validate() } catch {
        throw .option(name: "preprocess", problem: "\(known.origin), made fit \(size): \(error)")
      }
    }
    return FittedPreprocessing(value: value, origin: known.origin, scaledFrom: stated)
  }

  private func resize(_ known: Known<Preprocessing>, from stated: ImageExtent, to size: ImageExtent)
    throws(ImportError) -> Preprocessing.Resize
  {
    // Sides are whole and at most 16384, so nothing overflows.
    func scaled(_ resized: Int, _ stated: Int, _ side: Int) -> Int {
      guard let cropFraction else { return side * resized / stated }
      return Int(min((Double(side) / cropFraction).rounded(.down), Double(Preprocessing.longestSide + 1)))
    }
    switch known.value.resize {
    case .sides(let height, let width):
      return .sides(
        height: scaled(height, stated.height, size.height), width: scaled(width, stated.width, size.width))
    case .shorter(let side):
      guard stated.height == stated.width, size.height == size.width else {
        throw .option(
          name: "preprocess",
          problem:
            "\(known.origin) resizes the shorter side, for an input of \(stated); that says nothing of \(size): "
            + "give a preset or a file")
      }
      return .shorter(scaled(side, stated.height, size.height))
    }
  }
}
