import Inference

extension ServiceError {
  /// Why a request is turned down on arrival.
  init(_ refusal: InferenceRefusal) {
    self =
      switch refusal {
      case .full(let wait): .overloaded("the queue is full", retryAfterSeconds: wait.wholeSeconds)
      case .late(let wait):
        .overloaded(
          "the queue is so long that the answer would come after the request's deadline",
          retryAfterSeconds: wait.wholeSeconds)
      case .impossible(let duration):
        .deadline(
          "even without a queue an answer takes about \(duration.wholeMilliseconds) ms here, more than the request's deadline"
        )
      }
  }

  /// Why an image has no answer.
  init(_ failure: ImageFailure) {
    self =
      switch failure {
      case .image(let error): .image(error)
      case .expired: .expired
      case .abandoned: .abandoned
      case .pixelsNotFinite: .notFinite
      case .modelNotFinite: .internal
      }
  }
}

extension Duration {
  /// Rounded up, at least 1.
  fileprivate var wholeSeconds: Int {
    max(1, Int(clamping: components.seconds) + (components.attoseconds > 0 ? 1 : 0))
  }

  /// Rounded up.
  fileprivate var wholeMilliseconds: Int {
    let (seconds, attoseconds) = components
    return Int(
      clamping: min(seconds, 1 << 40) * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
  }
}
