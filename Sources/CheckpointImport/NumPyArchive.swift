import Checkpoint

/// Reads the arrays of an `.npz` archive in place: a ZIP file of stored (not compressed) `.npy` members.
///
/// - Source: PKWARE's APPNOTE for ZIP and ZIP64; numpy.lib.format for the members.
struct NumPyArchive {
  private let file: MappedFile
  private let path: String
  private var bytes: UnsafeRawBufferPointer { file.bytes }

  static func tensors(in file: MappedFile, path: String) throws(ImportError) -> [SourceTensor] {
    let archive = NumPyArchive(file: file, path: path)
    var tensors: [SourceTensor] = []
    for member in try archive.members() {
      if let tensor = try archive.tensor(member) { tensors.append(tensor) }
    }
    return tensors.sorted { $0.name < $1.name }
  }

  private struct Member {
    let name: String
    let data: Range<Int>
  }

  private func problem(_ text: String) -> ImportError { .invalidSource(path: path, problem: text) }

  private func integer<Value: FixedWidthInteger>(_ offset: Int, _: Value.Type) throws(ImportError) -> Int {
    guard offset >= 0, offset <= bytes.count - MemoryLayout<Value>.size else {
      throw problem("the ZIP structure points past the end of the file")
    }
    let value = Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
    guard let int = Int(exactly: value) else { throw problem("a ZIP field of \(value)") }
    return int
  }

  /// Start and number of entries of the central directory.
  private func directory() throws(ImportError) -> (offset: Int, count: Int) {
    // The end record is 22 bytes and a comment of at most 65535.
    let earliest = max(0, bytes.count - 22 - 65_535)
    var end = bytes.count - 22
    while end >= earliest, try integer(end, UInt32.self) != 0x0605_4B50 { end -= 1 }
    guard end >= earliest else { throw problem("no ZIP directory; is this an .npz file?") }
    let locator = end - 20
    if locator >= 0, try integer(locator, UInt32.self) == 0x0706_4B50 {
      let end64 = try integer(locator + 8, UInt64.self)
      guard try integer(end64, UInt32.self) == 0x0606_4B50 else {
        throw problem("the ZIP64 directory is damaged")
      }
      return (try integer(end64 + 48, UInt64.self), try integer(end64 + 32, UInt64.self))
    }
    return (try integer(end + 16, UInt32.self), try integer(end + 10, UInt16.self))
  }

  private func members() throws(ImportError) -> [Member] {
    let directory = try directory()
    var members: [Member] = []
    var offset = directory.offset
    for _ in 0..<directory.count {
      guard try integer(offset, UInt32.self) == 0x0201_4B50 else {
        throw problem("the ZIP directory is damaged")
      }
      let nameLength = try integer(offset + 28, UInt16.self)
      let extraLength = try integer(offset + 30, UInt16.self)
      let commentLength = try integer(offset + 32, UInt16.self)
      guard offset + 46 + nameLength + extraLength <= bytes.count else {
        throw problem("the ZIP directory goes past the end of the file")
      }
      let name = String(decoding: bytes[offset + 46..<offset + 46 + nameLength], as: UTF8.self)
      guard try integer(offset + 10, UInt16.self) == 0 else {
        throw problem("member '\(name)' is compressed; save it with numpy.savez, not savez_compressed")
      }
      // In ZIP64 a field of all ones is found in the extra record instead, in this order.
      var sizes = [
        try integer(offset + 24, UInt32.self), try integer(offset + 20, UInt32.self),
        try integer(offset + 42, UInt32.self),
      ]
      try readZIP64(offset + 46 + nameLength, length: extraLength, into: &sizes)
      let local = sizes[2]
      guard try integer(local, UInt32.self) == 0x0403_4B50 else {
        throw problem("member '\(name)' is damaged")
      }
      let localName = try integer(local + 26, UInt16.self)
      let localExtra = try integer(local + 28, UInt16.self)
      let start = local + 30 + localName + localExtra
      guard sizes[0] == sizes[1], start <= bytes.count, sizes[0] <= bytes.count - start else {
        throw problem("member '\(name)' goes past the end of the file")
      }
      members.append(Member(name: name, data: start..<start + sizes[0]))
      offset += 46 + nameLength + extraLength + commentLength
    }
    return members
  }

  private func readZIP64(_ start: Int, length: Int, into sizes: inout [Int]) throws(ImportError) {
    var offset = start
    while offset + 4 <= start + length {
      let (id, size) = (try integer(offset, UInt16.self), try integer(offset + 2, UInt16.self))
      if id == 1 {
        var field = offset + 4
        for index in sizes.indices where sizes[index] == 0xFFFF_FFFF {
          sizes[index] = try integer(field, UInt64.self)
          field += 8
        }
      }
      offset += 4 + size
    }
  }

  /// The array in a member, or nil when the member is none.
  private func tensor(_ member: Member) throws(ImportError) -> SourceTensor? {
    guard member.name.hasSuffix(".npy") else { return nil }
    let name = String(member.name.dropLast(4))
    let start = member.data.lowerBound
    guard member.data.count >= 12, bytes[start] == 0x93,
      bytes[start + 1..<start + 6].elementsEqual("NUMPY".utf8)
    else { throw problem("member '\(name)' is no .npy array") }
    let isLong = bytes[start + 6] >= 2
    let headerLength = isLong ? try integer(start + 8, UInt32.self) : try integer(start + 8, UInt16.self)
    let headerStart = start + (isLong ? 12 : 10)
    guard headerLength <= member.data.upperBound - headerStart else {
      throw problem("member '\(name)': its header goes past its end")
    }
    let header = String(decoding: bytes[headerStart..<headerStart + headerLength], as: UTF8.self)
    guard let fields = NumPyHeader(header) else {
      throw problem("member '\(name)': header \(header) is not understood")
    }
    guard let type = fields.type else {
      throw problem("member '\(name)': type \(fields.descriptor) is none of <f8, <f4, <f2, bfloat16 (V2)")
    }
    guard !fields.isFortran else {
      throw problem("member '\(name)' is in Fortran order; save a C-ordered copy")
    }
    let data = headerStart + headerLength
    guard let count = checkedProduct(fields.shape + [type.byteCount]), count == member.data.upperBound - data
    else {
      throw problem(
        "member '\(name)': shape \(fields.shape) does not fit its \(member.data.upperBound - data) bytes")
    }
    return SourceTensor(name: name, type: type, shape: fields.shape, offset: data, file: file)
  }
}

/// The Python dictionary at the head of an `.npy` array, as NumPy writes it.
struct NumPyHeader: Equatable {
  let descriptor: String
  let isFortran: Bool
  let shape: [Int]

  /// bfloat16 has no descriptor of its own: NumPy saves it as two raw bytes.
  var type: SourceType? {
    switch descriptor {
    case "<f8": .f64
    case "<f4": .f32
    case "<f2": .f16
    case "|V2", "<V2", "bfloat16": .bf16
    default: nil
    }
  }

  init?(_ text: String) {
    func value(of key: String) -> Substring? {
      guard let range = text.firstRange(of: "'\(key)':") else { return nil }
      return text[range.upperBound...].drop { $0 == " " }
    }
    guard let descriptor = value(of: "descr"), descriptor.first == "'",
      let order = value(of: "fortran_order"), let shape = value(of: "shape"), shape.first == "(",
      let end = shape.firstIndex(of: ")")
    else { return nil }
    self.descriptor = String(descriptor.dropFirst().prefix { $0 != "'" })
    isFortran = order.hasPrefix("True")
    var dimensions: [Int] = []
    for part in shape[shape.index(after: shape.startIndex)..<end].split(separator: ",") {
      let digits = part.filter { $0 != " " }
      if digits.isEmpty { continue }
      guard let dimension = Int(digits), dimension >= 0 else { return nil }
      dimensions.append(dimension)
    }
    self.shape = dimensions
  }
}
