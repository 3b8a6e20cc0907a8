import ImageInput

/// How a batch went.
package struct BatchTiming: Sendable, Equatable {
  /// Images in the batch.
  package let batchSize: Int
  /// From when the image was ready until the batch began.
  package let queueDuration: Duration
  /// The forward pass of the whole batch.
  package let inferenceDuration: Duration
}

/// What happens to requests and images, told to the one observer from which metrics and statistics are made.
package enum InferenceEvent: Sendable {
  /// A request was turned down on arrival.
  case refused(InferenceRefusal)
  /// An image was decoded, well or not, by the decoder of a model.
  case decoded(model: Int, Duration, isGood: Bool)
  /// A batch ran; one timing an image.
  case ran(model: Int, [BatchTiming])
  /// An image that was accepted did not run.
  case dropped(Scheduler.DropReason)
  /// The model computed no finite numbers for an image.
  case notFinite(model: Int)
}

/// Why a request is turned down on arrival.
package enum InferenceRefusal: Error, Equatable, Sendable {
  /// No room for its images now; worth another try after so long.
  case full(retryAfter: Duration)
  /// It would be answered after its deadline; worth another try after so long.
  case late(retryAfter: Duration)
  /// Even an idle machine would need so long, more than the request gives.
  case impossible(Duration)

  init(_ refusal: Scheduler.Refusal) {
    self =
      switch refusal {
      case .full(let seconds): .full(retryAfter: .seconds(seconds))
      case .late(let seconds): .late(retryAfter: .seconds(seconds))
      case .impossible(let seconds): .impossible(.seconds(seconds))
      }
  }
}

/// Why one image of a request that was taken in has no answer.
package enum ImageFailure: Error, Equatable, Sendable {
  /// It can't be decoded.
  case image(ImageError)
  /// Its answer would have come after the deadline.
  case expired
  /// Nobody waited for it any more.
  case abandoned
  /// The model computed no finite numbers for the pixels that the request brought.
  case pixelsNotFinite
  /// The model computed no finite numbers for a photo, whose pixels are in range.
  case modelNotFinite
}
