import Checkpoint

/// Reads a model that lies in several safetensors files, through the index beside them.
///
/// The index is a JSON object whose `weight_map` names the file of every tensor.
enum SafetensorsIndex {
  private struct Index: Decodable {
    let weightMap: [String: String]

    enum CodingKeys: String, CodingKey { case weightMap = "weight_map" }
  }

  static func tensors(in file: MappedFile, path: String) throws(ImportError) -> [SourceTensor] {
    func problem(_ text: String) -> ImportError { .invalidSource(path: path, problem: text) }
    let index: Index
    guard file.bytes.count <= Safetensors.longestHeader else {
      throw problem(
        "expected an index of at most \(Safetensors.longestHeader) bytes, found \(file.bytes.count)")
    }
    do throws(StrictJSON.Problem) {
      index = try StrictJSON.decode(from: file.bytes)
    } catch {
      throw problem("expected a JSON object with 'weight_map', the file of every tensor: \(error)")
    }
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    var tensors: [SourceTensor] = []
    for shard in Set(index.weightMap.values).sorted() {
      guard isPlain(shard) else {
        throw problem("file \(quoted(shard)): expected the name of a file in the same folder")
      }
      let shardPath = folder + shard
      let mapped: MappedFile
      do throws(CheckpointError) { mapped = try MappedFile(path: shardPath) } catch {
        throw .checkpoint(error)
      }
      for tensor in try Safetensors.tensors(in: mapped, path: shardPath) {
        guard index.weightMap[tensor.name] == shard else {
          throw problem(
            "tensor \(quoted(tensor.name)) is in \(quoted(shard)); the index says "
              + (index.weightMap[tensor.name].map { quoted($0) } ?? "nothing of it"))
        }
        tensors.append(tensor)
      }
    }
    let found = Set(tensors.map(\.name))
    if let missing = index.weightMap.filter({ !found.contains($0.key) }).min(by: { $0.key < $1.key }) {
      throw problem(
        "tensor \(quoted(missing.key)) is not in \(quoted(missing.value)), where the index says it is")
    }
    return tensors
  }

  /// Whether a name stays in the folder, and is what it looks like.
  private static func isPlain(_ name: String) -> Bool {
    !name.isEmpty && name != "." && !name.contains("..") && !name.utf8.contains(UInt8(ascii: "/"))
      && printable(name, limit: 255) == name
  }
}
