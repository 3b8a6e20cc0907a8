@_exported import CheckpointFormat

/// An opened `.smoe` file: checked header, tensors in place.
///
/// Opening maps the file, checks every field of the header and reads no tensor byte, so it costs the
/// same for a megabyte as for a hundred gigabytes.
/// - Source: docs/checkpoint-format.md.
public struct Checkpoint: Sendable {
  /// The tensors in the order of the file.
  package let tensors: [Tensor]
  /// XXH3-64 of the header. It covers every tensor's checksum, so it names the whole model.
  public let identity: UInt64

  /// Bytes of the file.
  public var byteCount: Int { file.bytes.count }

  let file: MappedFile
  private let metadata: Range<Int>
  private let indexByName: [String: Int]

  /// Maps and checks a file.
  ///
  /// Every field of the header is checked whatever `verification` says: no reader goes astray.
  /// - Throws: `CheckpointError`, naming the first field that is wrong.
  public init(path: String, verification: Verification = .header) throws(CheckpointError) {
    file = try MappedFile(path: path)
    let header = try Header(file.bytes, checksum: verification != .none)
    identity = header.checksum
    metadata = header.metadata
    tensors = try TensorTable(of: file, header: header).tensors
    indexByName = Dictionary(uniqueKeysWithValues: tensors.enumerated().map { ($1.name, $0) })
    if verification == .full { try verify() }
  }

  private init(_ checkpoint: Checkpoint, with tensors: [Tensor]) {
    (identity, file, metadata) = (checkpoint.identity, checkpoint.file, checkpoint.metadata)
    self.tensors = tensors
    indexByName = Dictionary(uniqueKeysWithValues: tensors.enumerated().map { ($1.name, $0) })
  }

  /// This file with the tensors of another in the place of its own of the same names.
  package func replacing(tensorsOf other: Checkpoint) -> Checkpoint {
    Checkpoint(self, with: tensors.filter { other.indexByName[$0.name] == nil } + other.tensors)
  }

  /// Whether there is a tensor of that name.
  package func contains(_ name: TensorName) -> Bool { indexByName["\(name)"] != nil }

  /// The tensor of that name, shape and arrangement.
  ///
  /// - Throws: `CheckpointError.missingTensor`, `.unexpectedTensor`.
  package func tensor(
    _ name: String, shape: [Int], types: [ElementType] = ElementType.allCases,
    _ arrangement: Arrangement = .rowMajor
  ) throws(CheckpointError) -> Tensor {
    let expected = Tensor.summary(types, shape, arrangement)
    guard let index = indexByName[name] else { throw .missingTensor(name: name, expected: expected) }
    let tensor = tensors[index]
    guard tensor.shape == shape, types.contains(tensor.type), tensor.arrangement == arrangement else {
      throw .unexpectedTensor(name: name, expected: expected, found: tensor.summary)
    }
    return tensor
  }

  /// One section of the metadata, the JSON object in the header.
  ///
  /// - Throws: `CheckpointError.invalidMetadata`, naming the key.
  public func section<Section: Decodable>(_ key: SectionKey, as type: Section.Type = Section.self)
    throws(CheckpointError) -> Section
  {
    do throws(StrictJSON.Problem) {
      let json = UnsafeRawBufferPointer(rebasing: file.bytes[metadata])
      return try StrictJSON.decode(OneSection<Section>.self, from: json, userInfo: [.section: key]).value
    } catch {
      // The path's first key is the section itself.
      let problem = StrictJSON.Problem(path: Array(error.path.dropFirst()), text: error.text)
      throw .invalidMetadata(section: key.rawValue, problem: "\(problem)")
    }
  }
}

/// Decodes one key of a JSON object and leaves the rest.
private struct OneSection<Section: Decodable>: Decodable {
  let value: Section

  init(from decoder: any Decoder) throws {
    guard let key = decoder.userInfo[.section] as? SectionKey else {
      preconditionFailure("a section is decoded by its key")
    }
    value = try decoder.container(keyedBy: SectionKey.self).decode(Section.self, forKey: key)
  }
}

extension CodingUserInfoKey {
  fileprivate static var section: CodingUserInfoKey {
    guard let key = CodingUserInfoKey(rawValue: "section") else { preconditionFailure("a constant key") }
    return key
  }
}
