import Checkpoint
import CheckpointImport
import FuzzDriver
import Glibc

/// Opens each input as a model to import, as a file of the format that SOFTMOE_FUZZ_FORMAT names, or, for `pickle`, as
/// the pickle of a PyTorch file, for `modelFiles`, as each of the files that libraries put beside a checkpoint, for
/// `partitionedIndex`, as an index and its data files, each after its length.
@main struct FuzzImport {
  private static let format = setting("SOFTMOE_FUZZ_FORMAT").flatMap(SourceFormat.init)

  private static let isPickle = setting("SOFTMOE_FUZZ_FORMAT") == "pickle"
  private static let isModelFile = setting("SOFTMOE_FUZZ_FORMAT") == "modelFiles"

  static func main() {
    exit(
      fuzz { start, count in
        let input = UnsafeRawBufferPointer(start: start, count: count)
        if FuzzImport.isModelFile {
          FuzzImport.readModelFiles(input)
          return 0
        }
        if FuzzImport.format == .partitionedIndex {
          FuzzImport.readPartitioned(input)
          return 0
        }
        guard FuzzImport.isPickle else {
          withFile(input, FuzzImport.read)
          return 0
        }
        FuzzImport.archive(input).withUnsafeBytes { withFile($0, FuzzImport.readArchive) }
        return 0
      })
  }

  private static func read(_ path: String) {
    guard let format else {
      _ = try? CheckpointImport(path: path, options: ImportOptions()).configuration
      return
    }
    read(path, format)
  }

  /// An index and its data files, each after its length in 32 bits.
  private static func readPartitioned(_ input: UnsafeRawBufferPointer) {
    var (files, rest): ([UnsafeRawBufferPointer], Slice<UnsafeRawBufferPointer>) = ([], input[...])
    while rest.count >= 4, files.count < 10 {
      let length = (0..<4).reduce(0) { $0 | Int(rest[rest.startIndex + $1]) << (8 * $1) }
      rest = rest.dropFirst(4)
      files.append(UnsafeRawBufferPointer(rebasing: rest.prefix(length)))
      rest = rest.dropFirst(length)
    }
    let suffixes = files.indices.map { $0 == 0 ? ".index" : ".data-0000\($0 - 1)-of-0000\(files.count - 1)" }
    withFiles(zip(suffixes, files).map { (suffix: $0, bytes: $1) }) { read($0 + ".index", .partitionedIndex) }
  }

  private static func readModelFiles(_ input: UnsafeRawBufferPointer) {
    for name in ModelFiles.names { _ = try? ModelFiles.read(Array(input), named: name) }
  }

  private static func readArchive(_ path: String) { read(path, .archive) }

  private static func read(_ path: String, _ format: SourceFormat) {
    guard let file = try? MappedFile(path: path) else { return }
    for tensor in (try? format.source(in: file, path: path))?.tensors ?? [] { _ = tensor.floats().count }
  }

  /// A ZIP file with a stored member `a/data.pkl`, and a storage of 64 bytes.
  private static func archive(_ pickle: UnsafeRawBufferPointer) -> [UInt8] {
    func little(_ value: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    var (bytes, directory): ([UInt8], [UInt8]) = ([], [])
    for (name, data) in [("a/data.pkl", Array(pickle)), ("a/data/0", [UInt8](repeating: 0, count: 64))] {
      let sizes = little(data.count, 4) + little(data.count, 4) + little(name.utf8.count, 2)
      directory += little(0x0201_4B50, 4) + [UInt8](repeating: 0, count: 16) + sizes
      directory += [UInt8](repeating: 0, count: 12) + little(bytes.count, 4) + Array(name.utf8)
      bytes +=
        little(0x0403_4B50, 4) + [UInt8](repeating: 0, count: 14) + sizes + [0, 0] + Array(name.utf8) + data
    }
    return bytes + directory + little(0x0605_4B50, 4) + [0, 0, 0, 0, 2, 0, 2, 0] + little(directory.count, 4)
      + little(bytes.count, 4) + [0, 0]
  }
}
