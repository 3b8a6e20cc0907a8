import ImageInput

/// One image as it was handed in.
package enum ImageSource: Sendable {
  /// A JPEG, PNG or WebP: bytes of a body that is not copied.
  case encoded(ArraySlice<UInt8>)
  /// [H, W, 3], already normalised.
  case pixels([Float])
}

/// What the model said of one image, and how.
package struct ImageAnswer: Sendable {
  package let inference: Inference
  package let timing: BatchTiming
  /// The crop that the model saw; nil unless it was asked for, and of an image that came as pixels.
  package let photo: RGBImage?
  /// Nil for an image that came as pixels.
  package let decodeDuration: Duration?
}

package typealias ImageResult = Result<ImageAnswer, ImageFailure>

/// What a caller wants of some images.
package struct InferenceRequest: Sendable {
  /// When the answer is due.
  package var deadline: ContinuousClock.Instant
  /// What is wanted beside logits.
  package var extras: InferenceExtras
  /// Kept until the sources are decoded: whoever accounts for their bytes.
  package var owner: (any Sendable)?
  /// Whether somebody still waits; asked when something would begin for it.
  package var isWanted: @Sendable () -> Bool

  package init(
    deadline: ContinuousClock.Instant, extras: InferenceExtras = InferenceExtras(),
    isWanted: @escaping @Sendable () -> Bool = { true }
  ) {
    (self.deadline, self.extras, self.isWanted) = (deadline, extras, isWanted)
  }
}
