import Checkpoint

/// Reads the tensors of a PyTorch file in place: a ZIP archive of a pickle and of stored runs of numbers.
///
///     NAME/data.pkl      which tensors there are, by name, and where in which storage
///     NAME/data/KEY      a storage
///     NAME/byteorder     little
///
/// Nothing is executed. Names of nested dictionaries are joined by dots.
/// - Source: torch.serialization, since version 1.6.
struct PyTorchArchive {
  private let file: MappedFile
  private let path: String
  private let storages: [String: Range<Int>]
  private let graph: PickleGraph

  /// A pickle of a hundred thousand tensors takes a tenth.
  private static let longestPickle = 128 << 20
  /// Dictionaries that lie in each other.
  private static let greatestNesting = 8
  private static let mostEntries = 4 << 20

  /// Whether an archive's members are PyTorch's.
  static func recognizes(_ members: [ZIPArchive.Member]) -> Bool {
    members.contains { $0.name.hasSuffix("/data.pkl") || $0.name == "data.pkl" }
  }

  static func source(in file: MappedFile, _ members: [ZIPArchive.Member], path: String) throws(ImportError)
    -> SourceFile
  {
    func problem(_ text: String) -> ImportError { .invalidSource(path: path, problem: text) }
    guard let pickle = members.first(where: { $0.name.hasSuffix("data.pkl") }) else {
      throw problem("expected a member data.pkl")
    }
    let root = String(pickle.name.dropLast("data.pkl".count))
    if members.contains(where: { $0.name == root + "constants.pkl" || $0.name.hasPrefix(root + "code/") }) {
      throw problem(
        "it is a TorchScript program; save its weights: "
          + "torch.save(torch.jit.load('model.pt').state_dict(), 'weights.pth')")
    }
    if let member = members.first(where: { $0.deflated != nil }) {
      throw problem(
        "member \(quoted(member.name)) is compressed, which PyTorch never does; unpack it and zip it again with zip -0"
      )
    }
    if let member = members.first(where: { $0.deflated != nil }) {
      throw problem(
        "member \(quoted(member.name)) is compressed, which PyTorch's files never are; unpack it and zip it again "
          + "with zip -0")
    }
    if let order = members.first(where: { $0.name == root + "byteorder" }),
      !file.bytes[order.data].elementsEqual("little".utf8)
    {
      throw problem("its numbers are stored with the largest byte first; save it again on another machine")
    }
    guard pickle.data.count <= longestPickle else {
      throw problem("expected a data.pkl of at most \(longestPickle) bytes, found \(pickle.data.count)")
    }
    let prefix = root + "data/"
    let storages = Dictionary(
      members.filter { $0.name.hasPrefix(prefix) }.map { (String($0.name.dropFirst(prefix.count)), $0.data) }
    ) { first, _ in first }
    let graph: PickleGraph
    do throws(PickleError) {
      graph = try Pickle.read(UnsafeRawBufferPointer(rebasing: file.bytes[pickle.data]))
    } catch {
      throw problem("data.pkl: \(error.description)")
    }
    let archive = PyTorchArchive(file: file, path: path, storages: storages, graph: graph)
    guard case .dictionary(let dictionary) = graph.root else {
      if case .tensor = graph.root { throw problem("expected a dictionary of tensors, found one tensor") }
      let module =
        if case .opaque = graph.root { ", a whole pickled module; load it where its code is" } else { "" }
      throw problem(
        "expected a dictionary of tensors, found \(graph.root.kind)\(module); save a model's weights: "
          + "torch.save(model.state_dict(), 'weights.pth')")
    }
    var result = SourceFile()
    var budget = Self.mostEntries
    try archive.collect(dictionary, [], &budget, into: &result)
    return result
  }

  /// - Parameter budget: of keys and values to look at: a dictionary that lies in many others is looked at as often.
  private func collect(
    _ dictionary: Int, _ names: [String], _ budget: inout Int, into result: inout SourceFile
  )
    throws(ImportError)
  {
    func problem(_ text: String) -> ImportError { .invalidSource(path: path, problem: text) }
    // What lies deeper, or in itself, is somebody's settings.
    guard names.count <= Self.greatestNesting else { return }
    budget -= graph[dictionary].count
    guard budget >= 0 else { throw problem("expected at most \(Self.mostEntries) keys and values") }
    for (name, value) in graph.entries(dictionary) {
      let names = names + [name]
      let joined = names.joined(separator: ".")
      switch value {
      case .tensor(let tensor):
        // A long name over many tensors would take far more memory than the file.
        guard joined.utf8.count <= SourceTensor.longestName else {
          throw problem("\(quoted(joined)): expected names of at most \(SourceTensor.longestName) bytes")
        }
        if let found = try self.tensor(joined, tensor) {
          result.tensors.append(found)
        } else {
          result.setAside.append(joined)
        }
      case .dictionary(let inner) where joined.utf8.count <= SourceTensor.longestName:
        try collect(inner, names, &budget, into: &result)
      default: continue
      }
    }
  }

  /// nil for numbers that are no weights.
  private func tensor(_ name: String, _ tensor: PickleTensor) throws(ImportError) -> SourceTensor? {
    func problem(_ text: String) -> ImportError {
      .invalidSource(path: path, problem: "tensor \(quoted(name)): \(text)")
    }
    guard let type = SourceType(torch: tensor.element) else { return nil }
    guard let storage = storages[tensor.storage.key] else {
      throw problem("its storage \(quoted(tensor.storage.key)) is not in the archive; copy the file again")
    }
    let count = try SourceTensor.count(of: name, shape: tensor.shape, path: path)
    let held = storage.count / type.byteCount
    // The last element's place, one more: what a view reaches.
    var reach: Int? = count == 0 ? 0 : tensor.offset
    for (size, stride) in zip(tensor.shape, tensor.strides) where count > 0 {
      let (step, isTooFar) = (size - 1).multipliedReportingOverflow(by: stride)
      reach = reach.flatMap { reach in
        let (sum, overflows) = reach.addingReportingOverflow(step)
        return isTooFar || overflows ? nil : sum
      }
    }
    guard let reach, count == 0 || reach < held else {
      throw problem(
        "\(tensor.shape) with strides \(tensor.strides) from \(tensor.offset) goes past the \(held) elements of its "
          + "storage")
    }
    // A view may show an element many times; weights don't.
    guard count <= max(held, SourceTensor.mostRepeated) else {
      throw problem(
        "\(tensor.shape) is \(count) elements made of the \(held) of its storage; expected no more")
    }
    let start = storage.lowerBound + (count == 0 ? 0 : tensor.offset * type.byteCount)
    return SourceTensor(
      name: name, type: type, shape: tensor.shape, offset: start, strides: tensor.strides, file: file)
  }
}

extension SourceType {
  fileprivate init?(torch name: String) {
    switch name {
    case "float64", "double": self = .f64
    case "float32", "float": self = .f32
    case "float16", "half": self = .f16
    case "bfloat16": self = .bf16
    default: return nil
    }
  }
}
