import Checkpoint
import FoundationEssentials

/// Where a model's file is, when a folder that holds it or one of its shards is named.
enum SourceLocation {
  private static let indexSuffix = ".index.json"
  private static let models = ["model.safetensors", "pytorch_model.bin", "model.npz", "params.npz"]
  private static let endings = [".safetensors", ".pth", ".pt", ".ckpt", ".bin", ".npz", ".msgpack"]

  /// The file to read.
  ///
  /// - Throws: `ImportError.invalidSource` for a folder with none or several, or a shard without its index.
  static func file(at path: String) throws(ImportError) -> String {
    var isFolder = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      // vmoe names a checkpoint by what its files' names begin with.
      let index = path + PartitionedCheckpoint.indexSuffix
      return FileManager.default.fileExists(atPath: index) ? index : path
    }
    return isFolder ? try model(in: path) : try index(of: path) ?? path
  }

  private static func model(in folder: String) throws(ImportError) -> String {
    let names = Set((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
    func place(_ name: String) -> String { folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)" }
    let indices = names.filter {
      $0.hasSuffix(indexSuffix) || $0.hasSuffix(PartitionedCheckpoint.indexSuffix)
    }.sorted()
    if let index = indices.first, indices.count == 1 { return place(index) }
    if let model = models.first(where: names.contains) { return place(model) }
    if let problem = ForeignFormat.problem(ofFolderWith: names) {
      throw .invalidSource(path: folder, problem: problem)
    }
    let files = names.filter { name in endings.contains { name.hasSuffix($0) } }.sorted()
    if let file = files.first, files.count == 1 { return place(file) }
    throw .invalidSource(
      path: folder,
      problem: files.isEmpty
        ? "expected a folder with a model's file (\(endings.joined(separator: ", "))), found none in it"
        : "expected one model in the folder, found \(files.prefix(4).joined(separator: ", ")); name one")
  }

  /// The index of a shard such as `model-00001-of-00003.safetensors` or `model.data-00001-of-00003`; nil for a file that is
  /// no shard.
  private static func index(of path: String) throws(ImportError) -> String? {
    let index: String
    if let match = path.wholeMatch(of: /(.*)-[0-9]{5}-of-[0-9]{5}\.(safetensors|bin|pth|pt)/) {
      index = "\(match.1).\(match.2)\(indexSuffix)"
    } else if let match = path.wholeMatch(of: /(.*)\.data-[0-9]{5}-of-[0-9]{5}/) {
      index = "\(match.1)\(PartitionedCheckpoint.indexSuffix)"
    } else {
      return nil
    }
    guard FileManager.default.fileExists(atPath: index) else {
      throw .invalidSource(
        path: path,
        problem: "it is one of several files of a model, and their index, '\(index)', is not beside it")
    }
    return index
  }
}
