import Checkpoint

/// What a pickle describes. Nothing of it is ever called: what is no data is opaque.
enum PickleValue {
  case none
  case bool(Bool)
  case int(Int)
  case float(Double)
  case string(String)
  case tuple([PickleValue])
  case list(PickleContainer)
  /// Keys and values in turn.
  case dictionary(PickleContainer)
  /// A class or function by its name, `torch._utils._rebuild_tensor_v2`.
  case global(String)
  case storage(PickleStorage)
  case tensor(PickleTensor)
  /// An object of another kind, called after its class.
  case opaque(String)

  /// How deep containers lie in it.
  var depth: Int {
    switch self {
    case .list(let container), .dictionary(let container): container.depth
    case .tuple(let items): 1 + items.reduce(0) { max($0, $1.depth) }
    default: 0
    }
  }

  /// For people.
  var kind: String {
    switch self {
    case .none: "None"
    case .bool: "a bool"
    case .int, .float: "a number"
    case .string: "a text"
    case .tuple, .list: "a list"
    case .dictionary: "a dictionary"
    case .global(let name), .opaque(let name): quoted(name)
    case .storage: "a storage"
    case .tensor: "a tensor"
    }
  }
}

/// The items of a list, or keys and values of a dictionary: shared, as a pickle may refer to it while it fills it.
final class PickleContainer {
  private(set) var items: [PickleValue] = []
  /// 1, or one more than that of its deepest item.
  private(set) var depth = 1

  init() {}

  /// - Throws: `PickleError.tooDeep` also for what would contain itself.
  func append(_ new: some Sequence<PickleValue>) throws(PickleError) {
    for item in new {
      let below = item.depth + 1
      guard below <= Pickle.greatestDepth else { throw .tooDeep }
      depth = max(depth, below)
      items.append(item)
    }
  }

  /// A dictionary's entries, the last of each key.
  var entries: [(key: PickleValue, value: PickleValue)] {
    stride(from: 0, to: items.count - 1, by: 2).map { (items[$0], items[$0 + 1]) }
  }
}

/// A run of numbers in a member of its own.
struct PickleStorage {
  /// Of the member `data/KEY`.
  let key: String
  /// nil for bytes whose type the tensor says.
  let element: String?
  let count: Int
}

/// A view of a storage.
struct PickleTensor {
  let storage: PickleStorage
  /// `float32`.
  let element: String
  /// In elements.
  let offset: Int
  let shape, strides: [Int]
}

/// Why bytes are no pickle that describes data.
enum PickleError: Error, Equatable {
  case truncated(at: Int)
  /// An instruction that no version has, or that only runs code elsewhere.
  case instruction(UInt8, at: Int)
  /// What stands on the stack is not what an instruction needs.
  case unexpected(String, at: Int)
  case tooDeep
  case tooLarge(String)

  var description: String {
    switch self {
    case .truncated(let offset):
      "it ends in the middle of the instruction at byte \(offset); copy the file again"
    case .instruction(let code, let offset):
      "instruction \(code) at byte \(offset) is none of a pickle of tensors"
    case .unexpected(let what, let offset): "\(what) at byte \(offset)"
    case .tooDeep: "it is nested more than \(Pickle.greatestDepth) deep"
    case .tooLarge(let what): what
    }
  }
}
