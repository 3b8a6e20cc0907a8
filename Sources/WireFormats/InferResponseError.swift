/// Why a response can't be written.
public enum InferResponseError: Error, Sendable, Equatable {
  /// JSON has no NaN and no infinity.
  case notFinite
}

extension InferResponseError: CustomStringConvertible {
  /// What was expected and what was found.
  public var description: String {
    switch self {
    case .notFinite: "expected finite numbers in every output that is JSON, found others"
    }
  }
}
