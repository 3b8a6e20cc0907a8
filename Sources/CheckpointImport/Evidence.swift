import ImageInput
import SoftMoEViT

/// A value, and who says it.
package struct Known<Value: Sendable>: Sendable {
  package let value: Value
  package let origin: Origin
}

/// What is known of a model besides its tensors.
package struct Evidence: Sendable {
  package var headCount: Known<Int>?
  package var normEpsilon: Known<Float>?
  package var activation: Known<ActivationKind>?
  package var pooling: Known<PoolingOption>?
  package var blockNorm: Known<BlockNormKind>?
  package var finalNorm: Known<FinalNormKind>?
  package var imageSize: Known<ImageExtent>?
  package var preprocessing: Known<Preprocessing>?
  /// timm's `crop_pct`, where it says how much of the resized image is cropped.
  package var cropFraction: Double?
  /// Why what a file says of preparing images can't be done: to be thrown where nobody says otherwise.
  package var preprocessingProblem: ImportError?
  package var labels: Known<[String]>?
  /// Who says that the classes are ImageNet-1k's thousand, in the usual order.
  package var imageNet: Origin?

  init() {}

  mutating func takePreprocessing(
    from origin: Origin, _ read: () throws(ImportError) -> Preprocessing
  ) {
    do throws(ImportError) {
      preprocessing = Known(value: try read(), origin: origin)
    } catch {
      preprocessingProblem = error
    }
  }

  /// This, and where it is silent what another says.
  func completed(by other: Evidence) -> Evidence {
    var result = self
    result.headCount = headCount ?? other.headCount
    result.normEpsilon = normEpsilon ?? other.normEpsilon
    result.activation = activation ?? other.activation
    result.pooling = pooling ?? other.pooling
    result.blockNorm = blockNorm ?? other.blockNorm
    result.finalNorm = finalNorm ?? other.finalNorm
    result.imageSize = imageSize ?? other.imageSize
    if preprocessing == nil, preprocessingProblem == nil {
      (result.preprocessing, result.preprocessingProblem) = (other.preprocessing, other.preprocessingProblem)
      result.cropFraction = other.cropFraction
    }
    result.labels = labels ?? other.labels
    result.imageNet = imageNet ?? other.imageNet
    return result
  }
}

/// Height and width in pixels.
package struct ImageExtent: Sendable, Equatable {
  package let height, width: Int

  package init(height: Int, width: Int) { (self.height, self.width) = (height, width) }

  /// What whole patches cover.
  func cut(toPatchesOf patch: Int) -> ImageExtent {
    ImageExtent(height: height - height % patch, width: width - width % patch)
  }
}

extension ImageExtent: CustomStringConvertible {
  package var description: String { "\(height)x\(width)" }
}
