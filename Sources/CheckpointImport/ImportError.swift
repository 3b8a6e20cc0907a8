import Checkpoint

/// Why a checkpoint of another format can't be imported.
public enum ImportError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The source is not what its format demands.
  case invalidSource(path: String, problem: String)
  /// A tensor that the model needs is not there.
  case missing(name: String, expected: String)
  /// A tensor has another shape than the rest of the model says.
  case wrongShape(name: String, expected: [Int], found: [Int])
  /// Tensors that belong to no part of the model.
  case leftOver(names: [String])
  /// The model has a part that this version can't run.
  case unsupported(String)
  /// An option is needed, or doesn't fit the tensors.
  case option(name: String, problem: String)
  /// Reading or writing a file failed.
  case checkpoint(CheckpointError)

  /// One line: what was expected, what was found, what to do.
  public var description: String {
    switch self {
    case .invalidSource(let path, let problem): "\(path): \(problem)"
    case .missing(let name, let expected): "tensor '\(name)' is missing: expected \(expected)"
    case .wrongShape(let name, let expected, let found):
      "tensor '\(name)': expected shape \(expected), found \(found)"
    case .leftOver(let names):
      "\(names.count) tensors belong to no part of the model: "
        + names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", …" : "")
    case .unsupported(let what): "not supported yet: \(what)"
    case .option(let name, let problem): "--\(name): \(problem)"
    case .checkpoint(let error): error.description
    }
  }
}
