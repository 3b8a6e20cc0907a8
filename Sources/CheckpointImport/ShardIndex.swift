import Checkpoint

/// Reads a model that lies in several files, safetensors or PyTorch's, through the index beside them.
///
/// The index is a JSON object whose `weight_map` names the file of every tensor.
enum ShardIndex {
  private struct Index: Decodable {
    let weightMap: [String: String]

    enum CodingKeys: String, CodingKey { case weightMap = "weight_map" }
  }

  static func source(in file: MappedFile, path: String) throws(ImportError) -> SourceFile {
    func problem(_ text: String) -> ImportError { .invalidSource(path: path, problem: text) }
    let index: Index
    guard file.bytes.count <= Safetensors.longestHeader else {
      throw problem(
        "expected an index of at most \(Safetensors.longestHeader) bytes, found \(file.bytes.count)")
    }
    do throws(StrictJSON.Problem) {
      index = try StrictJSON.decode(from: file.bytes)
    } catch {
      throw problem(
        "expected a JSON object with 'weight_map', the file of every tensor: \(error); a model's configuration "
          + "is no model: give its .safetensors or .bin file")
    }
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    var source = SourceFile()
    for shard in Set(index.weightMap.values).sorted() {
      guard isPlain(shard) else {
        throw problem("file \(quoted(shard)): expected the name of a file in the same folder")
      }
      let shardPath = folder + shard
      let mapped: MappedFile
      do throws(CheckpointError) { mapped = try MappedFile(path: shardPath) } catch {
        throw .checkpoint(error)
      }
      let format = SourceFormat(mapped.bytes)
      guard format != .shardIndex else {
        throw problem("file \(quoted(shard)): expected tensors, found an index")
      }
      let held = try format.source(in: mapped, path: shardPath)
      for name in held.tensors.map(\.name) + held.setAside where index.weightMap[name] != shard {
        throw problem(
          "tensor \(quoted(name)) is in \(quoted(shard)); the index says "
            + (index.weightMap[name].map { quoted($0) } ?? "nothing of it"))
      }
      source.tensors += held.tensors
      source.setAside += held.setAside
    }
    let found = Set(source.tensors.map(\.name) + source.setAside)
    if let missing = index.weightMap.filter({ !found.contains($0.key) }).min(by: { $0.key < $1.key }) {
      throw problem(
        "tensor \(quoted(missing.key)) is not in \(quoted(missing.value)), where the index says it is")
    }
    return source
  }

  /// Whether a name stays in the folder, and is what it looks like.
  private static func isPlain(_ name: String) -> Bool {
    !name.isEmpty && name != "." && !name.contains("..") && !name.utf8.contains(UInt8(ascii: "/"))
      && printable(name, limit: 255) == name
  }
}
