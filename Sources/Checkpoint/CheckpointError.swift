/// What can be wrong with a checkpoint file, in words for the person who has to mend it.
public enum CheckpointError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file could not be opened, mapped or read.
  case unreadable(path: String, reason: String)
  /// The file could not be written.
  case unwritable(path: String, reason: String)
  /// A field of the file does not hold what the format demands.
  case invalid(field: String, offset: UInt64, expected: String, found: String)
  /// The metadata lacks a section or holds one that can't be used.
  case invalidMetadata(section: String, problem: String)
  /// A tensor that the model needs is not in the file.
  case missingTensor(name: String, expected: String)
  /// A tensor is there, but with another shape or element type.
  case unexpectedTensor(name: String, expected: String, found: String)
  /// Bytes and their checksum disagree: the file is damaged.
  case checksumMismatch(part: String, expected: UInt64, found: UInt64)
  /// A weight is NaN or infinite.
  case notFinite(tensor: String, offset: Int, value: String)

  /// One line: what was expected, what was found, where, what to do.
  public var description: String {
    switch self {
    case .unreadable(let path, let reason):
      "can't read \(path): \(reason)"
    case .unwritable(let path, let reason):
      "can't write \(path): \(reason)"
    case .invalid(let field, let offset, let expected, let found):
      "not a usable checkpoint: \(field) at byte \(offset): expected \(expected), found \(found); "
        + Self.advice(onField: field, found: found)
    case .invalidMetadata(let section, let problem):
      "not a usable checkpoint: metadata section '\(section)': \(problem); import the model again"
    case .missingTensor(let name, let expected):
      "tensor '\(name)' is missing: expected \(expected)"
    case .unexpectedTensor(let name, let expected, let found):
      "tensor '\(name)': expected \(expected), found \(found)"
    case .checksumMismatch(let part, let expected, let found):
      "\(part) is damaged: its checksum should be \(hexadecimal(expected)), is \(hexadecimal(found)); "
        + "copy the file again"
    case .notFinite(let tensor, let offset, let value):
      "tensor '\(tensor)': its byte \(offset) begins \(value), expected a finite number; "
        + "import a checkpoint whose training did not diverge"
    }
  }

  private static func advice(onField field: String, found: String) -> String {
    switch field {
    case "magic": "softmoe import makes a .smoe file of other formats"
    // The versions before this one are no longer read; one from the future is.
    case "version" where UInt32(found).map { $0 > Layout.version } == true: "use a newer softmoe"
    case "preamble", "file length": "copy the file again"
    default: "import the model again"
    }
  }
}

/// Sixteen lower-case hexadecimal digits.
package func hexadecimal(_ value: UInt64) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
