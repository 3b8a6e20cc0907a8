import Checkpoint
import FoundationEssentials

/// Reads a checkpoint of google-research/vmoe in several files: `PREFIX.index`, and its `PREFIX.data-nnnnn-of-NNNNN`.
///
/// All files are mapped; a tensor whose parts lie in several is put together as it is read.
enum PartitionedCheckpoint {
  static let indexSuffix = ".index"

  /// - Throws: `ImportError`, naming the file that is missing, damaged, or another checkpoint's.
  static func source(in file: MappedFile, path: String) throws(ImportError) -> SourceFile {
    let index = try PartitionedIndex(file.bytes, path: path)
    guard path.hasSuffix(indexSuffix) else {
      throw .invalidSource(
        path: path,
        problem:
          "it is the index of a checkpoint in several files, which are found by its name: expected PREFIX.index, "
          + "beside PREFIX.data-00000-of-\(numbered(index.shardCount))")
    }
    let prefix = String(path.dropLast(indexSuffix.count))
    var parts = [[SourceTensor.Part]](repeating: [], count: index.arrays.count)
    for shard in Set(index.arrays.flatMap(\.shards.values)).sorted() {
      let name = "\(prefix).data-\(numbered(shard))-of-\(numbered(index.shardCount))"
      let held = try PartitionedShard(
        mapped(name, prefix: prefix, shardCount: index.shardCount), path: name, arrays: index.arrays,
        shard: shard)
      for (number, found) in held.parts { parts[number] += found }
    }
    var source = SourceFile()
    for (array, parts) in zip(index.arrays, parts) {
      if let type = array.type {
        source.tensors.append(
          SourceTensor(name: array.name, type: type, shape: array.shape, parts: parts, file: file))
      } else {
        source.setAside.append(array.name)
      }
    }
    return source
  }

  private static func numbered(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }

  private static func mapped(_ path: String, prefix: String, shardCount: Int) throws(ImportError)
    -> MappedFile
  {
    guard FileManager.default.fileExists(atPath: path) else {
      throw .invalidSource(
        path: path,
        problem:
          "it is not there; the index says that the model lies in \(shardCount) data files, and beside it are "
          + found(beside: prefix))
    }
    do throws(CheckpointError) { return try MappedFile(path: path) } catch { throw .checkpoint(error) }
  }

  /// The data files that are there, for one who misses another.
  private static func found(beside prefix: String) -> String {
    let folder = prefix.lastIndex(of: "/").map { String(prefix[...$0]) } ?? "./"
    let start = prefix.split(separator: "/").last.map { "\($0).data-" } ?? ".data-"
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter {
      $0.hasPrefix(start)
    }.sorted()
    return names.isEmpty
      ? "none" : names.prefix(4).map { quoted($0) }.joined(separator: ", ") + (names.count > 4 ? ", …" : "")
  }
}
