import Checkpoint

/// Why a checkpoint is no model that this engine can run.
public enum ModelError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file, or a tensor in it, is wrong.
  case checkpoint(CheckpointError)
  /// Its configuration describes no model.
  case configuration(ConfigurationError)

  /// One line for the person who has to mend it.
  public var description: String {
    switch self {
    case .checkpoint(let error): error.description
    case .configuration(let error): "not a usable checkpoint: \(error)"
    }
  }
}
