/// An opened `.smoe` file: checked header, tensors in place.
///
/// Opening maps the file, checks every field of the header and reads no tensor byte, so it costs the
/// same for a megabyte as for a hundred gigabytes.
/// - Source: docs/checkpoint-format.md.
public struct Checkpoint: Sendable {
  /// The format's version.
  public let version: Int
  /// The tensors in the order of the file.
  public let tensors: [Tensor]
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
    version = Int(header.version)
    identity = header.checksum
    metadata = header.metadata
    tensors = try TensorTable(of: file, header: header).tensors
    indexByName = Dictionary(uniqueKeysWithValues: tensors.enumerated().map { ($1.name, $0) })
    if verification == .full { try verify() }
  }

  /// The tensor of that name and shape.
  ///
  /// - Throws: `CheckpointError.missingTensor`, `.unexpectedTensor`.
  public func tensor(_ name: String, shape: [Int], types: [ElementType] = ElementType.allCases)
    throws(CheckpointError) -> Tensor
  {
    let expected = Tensor.summary(type: types.map(\.rawValue).joined(separator: " or "), shape: shape)
    guard let index = indexByName[name] else { throw .missingTensor(name: name, expected: expected) }
    let tensor = tensors[index]
    guard tensor.shape == shape, types.contains(tensor.type) else {
      throw .unexpectedTensor(name: name, expected: expected, found: tensor.summary)
    }
    return tensor
  }

  /// One section of the metadata, the JSON object in the header.
  ///
  /// - Throws: `CheckpointError.invalidMetadata`, naming the key.
  public func section<Section: Decodable>(_ name: String, as type: Section.Type = Section.self)
    throws(CheckpointError) -> Section
  {
    let key = OneSection<Section>.nameKey
    do throws(StrictJSON.Problem) {
      let json = UnsafeRawBufferPointer(rebasing: file.bytes[metadata])
      return try StrictJSON.decode(OneSection<Section>.self, from: json, userInfo: [key: name]).value
    } catch {
      // The path's first key is the section itself.
      throw .invalidMetadata(
        section: name, problem: "\(StrictJSON.Problem(path: Array(error.path.dropFirst()), text: error.text))"
      )
    }
  }
}

/// Decodes one key of a JSON object and leaves the rest.
private struct OneSection<Section: Decodable>: Decodable {
  static var nameKey: CodingUserInfoKey {
    guard let key = CodingUserInfoKey(rawValue: "section") else { fatalError("a constant key") }
    return key
  }
  let value: Section

  init(from decoder: any Decoder) throws {
    let name = decoder.userInfo[Self.nameKey] as? String ?? ""
    let container = try decoder.container(keyedBy: Key.self)
    value = try container.decode(Section.self, forKey: Key(stringValue: name))
  }

  struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}
