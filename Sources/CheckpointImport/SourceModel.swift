/// The tensors of a source, found by name, checked by shape, crossed off as they are used.
final class SourceModel {
  private let tensors: [String: LazyTensor]
  private var unused: Set<String>
  /// Tensors that the model does not need, as the file names them.
  private(set) var setAside: Set<String>
  /// Whose names these are, where the file has others: 'timm'.
  private let dialect: String?
  /// Elements converted at a time: 16 MiB of Float.
  static let pieceCount = 4 << 20

  /// - Parameter tensors: their names differ, as `SourceFormat` has checked.
  convenience init(_ tensors: [SourceTensor]) {
    self.init(Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, LazyTensor($0)) }))
  }

  init(_ tensors: [String: LazyTensor], setAside: Set<String> = [], dialect: String? = nil) {
    (self.tensors, self.setAside, self.dialect) = (tensors, setAside, dialect)
    unused = Set(tensors.keys)
  }

  var names: some Collection<String> { tensors.keys }

  func contains(_ name: String) -> Bool { tensors[name] != nil }

  /// Whether a name begins or ends so.
  func contains(prefix: String = "", suffix: String = "") -> Bool {
    tensors.keys.contains { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }
  }

  subscript(name: String) -> LazyTensor? { tensors[name] }

  /// The shape of a tensor that must be there, to learn sizes from.
  func shape(_ name: String, rank: Int) throws(ImportError) -> [Int] {
    guard let tensor = tensors[name] else { throw missing(name, "\(rank) dimensions") }
    guard tensor.shape.count == rank, tensor.shape.allSatisfy({ $0 > 0 }) else {
      throw .wrongRank(name: tensor.name, expected: rank, found: tensor.shape)
    }
    return tensor.shape
  }

  func take(_ name: String, _ shape: [Int]) throws(ImportError) -> LazyTensor {
    guard let tensor = tensors[name] else { throw missing(name, "shape \(shape)") }
    guard tensor.shape == shape else {
      throw .wrongShape(name: tensor.name, expected: shape, found: tensor.shape)
    }
    unused.remove(name)
    return tensor
  }

  private func missing(_ name: String, _ expected: String) -> ImportError {
    .missing(name: name, expected: expected + (dialect.map { ", by \($0)'s name for it" } ?? ""))
  }

  /// Crosses off tensors that are known to carry nothing.
  func ignore(where isIgnored: (String) -> Bool) {
    for name in unused.filter(isIgnored) {
      unused.remove(name)
      setAside.insert(tensors[name]?.name ?? name)
    }
  }

  func requireAllUsed() throws(ImportError) {
    if !unused.isEmpty { throw .leftOver(names: unused.map { tensors[$0]?.name ?? $0 }.sorted()) }
  }

  /// The same tensors by the names that a reader knows.
  ///
  /// - Parameter name: the reader's name for a tensor, itself when it has none; nil sets the tensor aside.
  /// - Throws: `ImportError.invalidSource` when two get one name.
  func renamed(to dialect: String, _ name: (String) -> String?) throws(ImportError) -> SourceModel {
    var (result, aside): ([String: LazyTensor], Set<String>) = ([:], setAside)
    var isRenamed = false
    for (old, tensor) in tensors {
      guard let new = name(old) else {
        aside.insert(tensor.name)
        continue
      }
      isRenamed = isRenamed || new != old
      if let other = result.updateValue(tensor, forKey: new) {
        throw .ambiguous([other.name, tensor.name].sorted(), meaning: new)
      }
    }
    return SourceModel(result, setAside: aside, dialect: isRenamed ? dialect : self.dialect)
  }

  /// The same tensors, some of them changed, added, or (nil) no longer there because others are made of them.
  func replacing(_ changes: [String: LazyTensor?]) -> SourceModel {
    SourceModel(
      tensors.merging(changes.compactMapValues { $0 }) { _, new in new }
        .filter { changes[$0.key].map { $0 != nil } ?? true }, setAside: setAside, dialect: dialect)
  }
}
