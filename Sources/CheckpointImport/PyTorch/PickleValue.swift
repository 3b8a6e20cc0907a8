import Checkpoint

/// What a pickle describes. Nothing of it is ever called: what is no data is opaque.
enum PickleValue {
  case none
  case bool(Bool)
  case int(Int)
  case float(Double)
  case string(String)
  /// Containers by their number in `PickleGraph`; a dictionary's are keys and values in turn.
  case tuple(Int)
  case list(Int)
  case dictionary(Int)
  /// A class or function by its name, `torch._utils._rebuild_tensor_v2`.
  case global(String)
  case storage(PickleStorage)
  case tensor(PickleTensor)
  /// An object of another kind, called after its class.
  case opaque(String)

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

/// The containers of a pickle, by number, and the value that it describes.
///
/// A pickle may nest containers as deep as it is long, and in themselves: of numbers that is neither deep nor a cycle.
struct PickleGraph {
  private var containers: [[PickleValue]] = []
  /// Containers, and values in them.
  private(set) var count = 0
  var root = PickleValue.none

  subscript(_ container: Int) -> [PickleValue] { containers[container] }

  /// Of a tuple or a list; nil for all else.
  func items(of value: PickleValue) -> [PickleValue]? {
    switch value {
    case .tuple(let container), .list(let container): containers[container]
    default: nil
    }
  }

  /// Its number.
  mutating func add(_ items: [PickleValue]) -> Int {
    containers.append(items)
    count += 1 + items.count
    return containers.count - 1
  }

  mutating func append(_ items: [PickleValue], to container: Int) {
    containers[container] += items
    count += items.count
  }

  /// A dictionary's entries whose keys are numbers or texts that may be names, the last of each key.
  func entries(_ dictionary: Int) -> [(name: String, value: PickleValue)] {
    let items = containers[dictionary]
    var last: [String: Int] = [:]
    var entries: [(name: String, place: Int)] = []
    for place in stride(from: 0, to: items.count - 1, by: 2) {
      let name: String
      switch items[place] {
      case .string(let text) where text.utf8.count <= SourceTensor.longestName: name = text
      case .int(let number): name = "\(number)"
      default: continue
      }
      last[name] = place
      entries.append((name, place))
    }
    return entries.filter { last[$0.name] == $0.place }.map { ($0.name, items[$0.place + 1]) }
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
  case tooLarge(String)

  var description: String {
    switch self {
    case .truncated(let offset):
      "it ends in the middle of the instruction at byte \(offset); copy the file again"
    case .instruction(let code, let offset):
      "instruction \(code) at byte \(offset) is none of a pickle of tensors"
    case .unexpected(let what, let offset): "\(what) at byte \(offset)"
    case .tooLarge(let what): what
    }
  }
}
