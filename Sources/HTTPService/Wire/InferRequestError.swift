/// Why a body isn't an inference request that the service answers.
package enum InferRequestError: Error, Sendable, Equatable {
  /// The text isn't JSON from byte `offset` of the body on, or holds another kind of value there.
  case json(offset: Int, expected: String, found: String)
  /// A field's value can't be used.
  case field(String, expected: String, found: String)
}

extension InferRequestError: CustomStringConvertible {
  /// What was expected, what was found and where; a client's text only escaped.
  package var description: String {
    switch self {
    case .json(let offset, let expected, let found):
      "byte \(offset) of the JSON: expected \(expected), found \(found)"
    case .field(let name, let expected, let found):
      "\(name): expected \(expected), found \(found)"
    }
  }
}
