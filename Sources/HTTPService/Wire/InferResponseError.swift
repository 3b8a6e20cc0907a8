/// Why a response can't be written.
package enum InferResponseError: Error, Sendable, Equatable {
  /// JSON has no NaN and no infinity.
  case notFinite
}

extension InferResponseError: CustomStringConvertible {
  /// What was expected and what was found.
  package var description: String {
    switch self {
    case .notFinite: "expected finite numbers in every output that is JSON, found others"
    }
  }
}
