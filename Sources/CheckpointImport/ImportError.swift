import Checkpoint
import SoftMoEViT

/// Why a checkpoint of another format can't be imported.
package enum ImportError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The source is not what its format demands.
  case invalidSource(path: String, problem: String)
  /// A tensor that the model needs is not there.
  case missing(name: String, expected: String)
  /// A tensor has another shape than the rest of the model says.
  case wrongShape(name: String, expected: [Int], found: [Int])
  /// A tensor from which sizes are learnt has another number of dimensions, or an empty one.
  case wrongRank(name: String, expected: Int, found: [Int])
  /// Tensors that belong to no part of the model.
  case leftOver(names: [String])
  /// Two tensors that are the same part of the model.
  case ambiguous([String], meaning: String)
  /// A weight is NaN or infinite.
  case notFinite(name: String, element: Int, value: String)
  /// The model has a part that this version can't run.
  case unsupported(String)
  /// An option is needed, or doesn't fit the tensors.
  case option(name: String, problem: String)
  /// Sizes and options describe no model that the engine runs.
  case configuration(ConfigurationError)
  /// Reading or writing a file failed.
  case checkpoint(CheckpointError)
  /// The machine can't run the model.
  case machine(MachineError)

  /// One line: what was expected, what was found, what to do.
  package var description: String {
    switch self {
    case .invalidSource(let path, let problem): "\(path): \(problem)"
    case .missing(let name, let expected): "tensor '\(name)' is missing: expected \(expected)"
    case .wrongShape(let name, let expected, let found):
      "tensor '\(name)': expected shape \(expected), found \(found)"
    case .wrongRank(let name, let expected, let found):
      "tensor '\(name)': expected \(expected) dimensions of at least 1, found \(found)"
    case .leftOver(let names):
      "\(names.count) tensors belong to no part of the model: "
        + names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", …" : "")
    case .ambiguous(let names, let meaning):
      "tensors \(names.map { "'\($0)'" }.joined(separator: " and ")) are both the model's '\(meaning)'; expected one"
    case .notFinite(let name, let element, let value):
      "tensor '\(name)': element \(element) is \(value), expected a finite number; its training diverged"
    case .unsupported(let what): "not supported yet: \(what)"
    case .option(let name, let problem): "--\(name): \(problem)"
    case .configuration(let error): "sizes and options describe no model: \(error)"
    case .checkpoint(let error): error.description
    case .machine(let error): error.description
    }
  }
}
