import Checkpoint

/// The formats that can be imported, told apart by their first bytes.
package enum SourceFormat: String, CaseIterable {
  /// NumPy's and PyTorch's files are both ZIP archives.
  case archive, safetensors, shardIndex, flaxMessagePack, partitionedIndex

  init(_ bytes: UnsafeRawBufferPointer) {
    if bytes.starts(with: [0x50, 0x4B]) {
      self = .archive
    } else if Self.isSafetensors(bytes) {
      self = .safetensors
    } else if bytes.first == UInt8(ascii: "{") {
      self = .shardIndex
    } else if PartitionedIndex.recognizes(bytes) {
      self = .partitionedIndex
    } else if let first = bytes.first, FlaxMessagePack.recognizes(first) {
      self = .flaxMessagePack
    } else {
      self = .safetensors  // whose reader says what is wrong
    }
  }

  /// A length that fits the file, then an object. The length's first byte may be any, also a MessagePack map's.
  private static func isSafetensors(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count > 8 && bytes[8] == UInt8(ascii: "{")
      && UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)) <= UInt64(bytes.count - 8)
  }

  /// What a file holds, in the format that its first bytes tell.
  package static func source(in file: MappedFile, path: String) throws(ImportError) -> SourceFile {
    // The length before a safetensors header may look like any other format's sign.
    if !isSafetensors(file.bytes), let problem = ForeignFormat.problem(of: file.bytes) {
      throw .invalidSource(path: path, problem: problem)
    }
    return try SourceFormat(file.bytes).source(in: file, path: path)
  }

  /// What a file of this format holds, each tensor with a name of its own.
  package func source(in file: MappedFile, path: String) throws(ImportError) -> SourceFile {
    let source =
      switch self {
      case .archive: try Self.archive(in: file, path: path)
      case .safetensors: try Safetensors.source(in: file, path: path)
      case .shardIndex: try ShardIndex.source(in: file, path: path)
      case .flaxMessagePack: try FlaxMessagePack.source(in: file, path: path)
      case .partitionedIndex: try PartitionedCheckpoint.source(in: file, path: path)
      }
    var names: Set<String> = []
    for name in source.tensors.lazy.map(\.name) {
      // Messages and headers repeat names: they must be what they look like.
      guard !name.isEmpty, printable(name, limit: SourceTensor.longestName) == name else {
        throw .invalidSource(
          path: path,
          problem: "tensor \(quoted(name)): expected a name of 1 to \(SourceTensor.longestName) printable "
            + "characters")
      }
      guard names.insert(name).inserted else {
        throw .invalidSource(path: path, problem: "expected every tensor once, found '\(name)' twice")
      }
    }
    return source
  }

  private static func archive(in file: MappedFile, path: String) throws(ImportError) -> SourceFile {
    let members = try ZIPArchive(bytes: file.bytes, path: path).members()
    guard !PyTorchArchive.recognizes(members) else {
      return try PyTorchArchive.source(in: file, members, path: path)
    }
    return try NumPyArchive.source(in: file, members, path: path)
  }
}
