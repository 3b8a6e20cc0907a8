import Checkpoint

/// The formats that can be imported, told apart by their first bytes.
package enum SourceFormat: String, CaseIterable {
  case numPyArchive, safetensors, safetensorsIndex, flaxMessagePack

  init(_ bytes: UnsafeRawBufferPointer) {
    if bytes.starts(with: [0x50, 0x4B]) {
      self = .numPyArchive
    } else if Self.isSafetensors(bytes) {
      self = .safetensors
    } else if bytes.first == UInt8(ascii: "{") {
      self = .safetensorsIndex
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

  /// The tensors of a file in the format that its first bytes tell.
  package static func tensors(in file: MappedFile, path: String) throws(ImportError) -> [SourceTensor] {
    try SourceFormat(file.bytes).tensors(in: file, path: path)
  }

  /// The tensors of a file in this format, each with a name of its own.
  package func tensors(in file: MappedFile, path: String) throws(ImportError) -> [SourceTensor] {
    let tensors =
      switch self {
      case .numPyArchive: try NumPyArchive.tensors(in: file, path: path)
      case .safetensors: try Safetensors.tensors(in: file, path: path)
      case .safetensorsIndex: try SafetensorsIndex.tensors(in: file, path: path)
      case .flaxMessagePack: try FlaxMessagePack.tensors(in: file, path: path)
      }
    var names: Set<String> = []
    for name in tensors.lazy.map(\.name) {
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
    return tensors
  }
}
