import Checkpoint

/// The engine gives other logits for the checkpoint's probe image than when the file was made.
public struct SelfProofError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The largest difference of a logit, and what is allowed.
  public let difference, bound: Float

  /// One line for the operator.
  public var description: String {
    "self-proof failed: a logit of the checkpoint's probe image is off by \(difference), at most \(bound) is "
      + "allowed; the weights are damaged, or this build or processor computes wrongly"
  }
}

/// A probe image and the logits that it must give (the features of a model without a head), stored in the checkpoint
/// when it was made.
///
/// It finds what checksums can't: a broken build, a processor or a BLAS that computes wrongly.
public struct SelfProof: Sendable {
  /// [H, W, 3], normalised.
  package static let imageName = TensorName(.probe)[.image]
  /// What is proved: logits [c], or features [f] where there are no classes.
  package static func resultName(_ model: ModelConfiguration) -> TensorName {
    TensorName(.probe)[model.classCount > 0 ? .logits : .features]
  }
  /// How far a logit may be off, as a share of the largest logit (or of 1): orders of summation differ
  /// between processors by 10⁻⁵ at most, damage by far more.
  public static let relativeBound: Float = 1e-3

  private let image, expected: Tensor

  /// The proof in a checkpoint; nil when it has none.
  ///
  /// - Throws: `CheckpointError` for tensors of another shape.
  public init?(_ checkpoint: Checkpoint, _ model: ModelConfiguration) throws(CheckpointError) {
    guard checkpoint.contains(Self.imageName) else { return nil }
    image = try checkpoint.tensor(
      "\(Self.imageName)", shape: [model.imageHeight, model.imageWidth, 3], types: [.f32])
    expected = try checkpoint.tensor(
      "\(Self.resultName(model))", shape: [model.resultWidth], types: [.f32])
  }

  /// What the model gives for the probe now: logits, or features where there are no classes.
  public func result(of model: SoftMoEViT, _ workspace: inout Workspace) -> [Float] {
    model.load(image.floats(), at: 0, &workspace)
    model.forward(imageCount: 1, &workspace)
    return model.configuration.classCount > 0 ? workspace.logits(of: 0) : workspace.features(of: 0)
  }

  /// Compares the model's logits with the stored ones.
  ///
  /// - Throws: `SelfProofError` when they differ by more than the bound, or are no numbers.
  public func check(_ model: SoftMoEViT, _ workspace: inout Workspace) throws(SelfProofError) {
    let found = result(of: model, &workspace)
    let expected = expected.floats()
    let bound = Self.relativeBound * max(1, expected.reduce(0) { max($0, abs($1)) })
    let difference = zip(found, expected).reduce(Float(0)) { largest, pair in
      let difference = abs(pair.0 - pair.1)
      return difference.isNaN ? .infinity : max(largest, difference)
    }
    guard difference <= bound, bound.isFinite else {
      throw SelfProofError(difference: difference, bound: bound)
    }
  }
}
