/// Why a body isn't read as `multipart/form-data`.
package enum MultipartError: Error, Sendable, Equatable {
  /// The Content-Type names no form, or no boundary that can be used.
  case contentType(expected: String, found: String)
  /// No line of the body is the boundary's.
  case noDelimiter
  /// The body ends inside its `part`-th part, counted from 1.
  case truncated(part: Int)
  /// A line begins like a delimiter and goes on, from byte `offset` of the body, with something else.
  case delimiterLine(offset: Int, found: String)
  /// More parts than allowed.
  case tooManyParts(limit: Int)
  /// The header of the `part`-th part is longer than allowed.
  case headerTooLong(part: Int, limit: Int)
  /// The header of the `part`-th part.
  case header(part: Int, expected: String, found: String)
}

extension MultipartError: CustomStringConvertible {
  /// What was expected, what was found and where; a client's text only escaped.
  package var description: String {
    switch self {
    case .contentType(let expected, let found):
      "Content-Type: expected \(expected), found \(found)"
    case .noDelimiter:
      "expected a line of \"--\" and the boundary that the Content-Type names, found none; "
        + "lines end with CR LF"
    case .truncated(let part):
      "expected \"--\", the boundary and \"--\" behind the last part, found the end of the body in part \(part)"
    case .delimiterLine(let offset, let found):
      "expected \"--\" or the end of the line behind the boundary, found \(found) at byte \(offset); "
        + "no line of a part may begin like the boundary's"
    case .tooManyParts(let limit):
      "expected at most \(limit) parts, found more; send the rest in another request"
    case .headerTooLong(let part, let limit):
      "part \(part): expected at most \(limit) bytes of header, found more"
    case .header(let part, let expected, let found):
      "part \(part): expected \(expected), found \(found)"
    }
  }
}
