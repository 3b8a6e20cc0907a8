import Checkpoint

/// Reads the arrays of an `.npz` archive: a ZIP file of `.npy` members, in place where they are stored.
///
/// - Source: numpy.lib.format for the members.
struct NumPyArchive {
  private let file: MappedFile
  private let path: String
  private var bytes: UnsafeRawBufferPointer { file.bytes }

  static func source(in file: MappedFile, _ members: [ZIPArchive.Member], path: String) throws(ImportError)
    -> SourceFile
  {
    let arrays = members.filter { $0.name.hasSuffix(".npy") }
    var places: [(name: String, data: Range<Int>)] = []
    var archive = NumPyArchive(file: file, path: path)
    if arrays.contains(where: { $0.deflated != nil }) {
      var inflater = try Inflater(path: path, archiveByteCount: file.bytes.count)
      for member in arrays { places.append((member.name, try inflater.inflate(member, of: file.bytes))) }
      archive = NumPyArchive(file: try inflater.finish(), path: path)
    } else {
      places = arrays.map { ($0.name, $0.data) }
    }
    var source = SourceFile()
    for (member, data) in places {
      let name = String(member.dropLast(4))
      if let tensor = try archive.tensor(name, data) {
        source.tensors.append(tensor)
      } else {
        source.setAside.append(name)
      }
    }
    source.tensors.sort { $0.name < $1.name }
    return source
  }

  /// NumPy's own limit on what it takes for a header.
  private static let longestHeader = 10_000

  /// nil for integers, booleans and texts, which are no weights.
  private func tensor(_ name: String, _ member: Range<Int>) throws(ImportError) -> SourceTensor? {
    func problem(_ text: String) -> ImportError {
      .invalidSource(path: path, problem: "member \(quoted(name)): \(text)")
    }
    let start = member.lowerBound
    guard member.count >= 12, bytes[start] == 0x93, bytes[start + 1..<start + 6].elementsEqual("NUMPY".utf8)
    else { throw problem("expected an .npy array, found other bytes") }
    let version = bytes[start + 6]
    guard (1...3).contains(version) else {
      throw problem("expected version 1, 2 or 3 of .npy, found \(version)")
    }
    let headerStart = start + (version == 1 ? 10 : 12)
    let headerLength =
      version == 1
      ? Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: start + 8, as: UInt16.self)))
      : Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: start + 8, as: UInt32.self)))
    let longest = min(Self.longestHeader, member.upperBound - headerStart)
    guard headerLength <= longest else {
      throw problem("expected a header of at most \(longest) bytes, found \(headerLength)")
    }
    let data = headerStart + headerLength..<member.upperBound
    let text = String(decoding: bytes[headerStart..<data.lowerBound], as: UTF8.self)
    guard let header = NumPyHeader(text) else {
      throw problem("expected a header of descr, fortran_order and shape, found \(quoted(text))")
    }
    if header.isNoWeight { return nil }
    guard let type = header.type else {
      throw problem("expected type <f8, <f4, <f2 or bfloat16 (V2), found \(quoted(header.descriptor))")
    }
    let count = try SourceTensor.count(of: name, shape: header.shape, path: path)
    guard checkedProduct([count, type.byteCount]) == data.count else {
      throw problem("\(header.descriptor) \(header.shape) does not fit its \(data.count) bytes")
    }
    return SourceTensor(
      name: name, type: type, shape: header.shape, offset: data.lowerBound, strides: header.strides,
      file: file)
  }
}
