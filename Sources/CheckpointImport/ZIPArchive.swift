import Checkpoint

/// The members of a ZIP archive, in place: stored as they are or deflated, not encrypted.
///
/// Nothing is believed twice: members may not overlap, and the directory ends where its own end says.
/// - Source: PKWARE's APPNOTE, for ZIP and ZIP64.
struct ZIPArchive {
  let bytes: UnsafeRawBufferPointer
  let path: String

  struct Member {
    let name: String
    /// From the local header to the end of the data.
    let whole: Range<Int>
    let data: Range<Int>
    /// nil where `data` is the member as it is.
    let deflated: (byteCount: Int, checksum: UInt32)?
  }

  /// Every member, in the order of the directory.
  func members() throws(ImportError) -> [Member] {
    let directory = try directory()
    var members: [Member] = []
    var offset = directory.start
    for _ in 0..<directory.count { members.append(try member(at: &offset)) }
    guard offset == directory.end else {
      throw problem("expected the ZIP directory to end at byte \(directory.end), found \(offset)")
    }
    try requireDisjoint(members, before: directory.start)
    return members
  }

  private func problem(_ text: String) -> ImportError { .invalidSource(path: path, problem: text) }

  private func integer<Value: FixedWidthInteger>(_ offset: Int, _: Value.Type) throws(ImportError) -> Int {
    guard offset >= 0, offset <= bytes.count - MemoryLayout<Value>.size else {
      throw problem("the ZIP structure points past the end of the file, to byte \(offset)")
    }
    let value = Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
    guard let int = Int(exactly: value) else {
      throw problem("expected a ZIP field below 2^63 at byte \(offset), found \(value)")
    }
    return int
  }

  /// `count` bytes from `offset`, which lies in the file.
  private func range(_ offset: Int, _ count: Int, of what: String) throws(ImportError) -> Range<Int> {
    guard offset <= bytes.count, count <= bytes.count - offset else {
      throw problem("\(what) goes past the end of the file: \(count) bytes from \(offset); copy it again")
    }
    return offset..<offset + count
  }

  private func directory() throws(ImportError) -> (start: Int, end: Int, count: Int) {
    // The end record is 22 bytes and a comment of at most 65535, which ends the file.
    let last = bytes.count - 22
    for end in stride(from: last, through: max(0, last - 65_535), by: -1) {
      guard try integer(end, UInt32.self) == 0x0605_4B50, try integer(end + 20, UInt16.self) == last - end
      else { continue }
      let locator = end - 20
      guard locator >= 0, try integer(locator, UInt32.self) == 0x0706_4B50 else {
        return (try integer(end + 16, UInt32.self), end, try integer(end + 10, UInt16.self))
      }
      let end64 = try integer(locator + 8, UInt64.self)
      guard try integer(end64, UInt32.self) == 0x0606_4B50 else {
        throw problem("expected the end of a ZIP64 directory at byte \(end64); copy the file again")
      }
      return (try integer(end64 + 48, UInt64.self), end64, try integer(end64 + 32, UInt64.self))
    }
    throw problem("expected a ZIP directory at its end, found none; is it an .npz file, and whole?")
  }

  private func member(at offset: inout Int) throws(ImportError) -> Member {
    guard try integer(offset, UInt32.self) == 0x0201_4B50 else {
      throw problem("expected a member of the ZIP directory at byte \(offset), found other bytes")
    }
    let nameStart = offset + 46
    let nameBytes = try range(nameStart, integer(offset + 28, UInt16.self), of: "a member's name")
    let extra = try range(nameBytes.upperBound, integer(offset + 30, UInt16.self), of: "an extra field")
    guard let name = String(validating: bytes[nameBytes], as: UTF8.self) else {
      throw problem("expected a member's name in UTF-8 at byte \(nameStart), found other bytes")
    }
    let member = "member \(quoted(name))"
    guard try integer(offset + 8, UInt16.self) & 1 == 0 else {
      throw problem("\(member) is encrypted; save it without a password")
    }
    let method = try integer(offset + 10, UInt16.self)
    guard method == 0 || method == 8 else {
      throw problem("\(member) is compressed by method \(method); expected none, or deflate")
    }
    // In ZIP64 a field of all ones is found in the extra field instead, in this order.
    var fields = [
      try integer(offset + 24, UInt32.self), try integer(offset + 20, UInt32.self),
      try integer(offset + 42, UInt32.self),
    ]
    try readZIP64(extra, into: &fields)
    let (size, storedSize, local) = (fields[0], fields[1], fields[2])
    guard size == storedSize || method == 8 else {
      throw problem("\(member) is stored as it is: expected \(size) bytes, found \(storedSize)")
    }
    guard try integer(local, UInt32.self) == 0x0403_4B50 else {
      throw problem("\(member): expected its local header at byte \(local), found other bytes")
    }
    let localName = try range(local + 30, integer(local + 26, UInt16.self), of: "\(member)'s local name")
    guard bytes[localName].elementsEqual(bytes[nameBytes]) else {
      throw problem("\(member) has another name in its local header at byte \(local)")
    }
    let data = try range(
      localName.upperBound + integer(local + 28, UInt16.self), storedSize, of: member)
    let comment = try range(extra.upperBound, integer(offset + 32, UInt16.self), of: "a member's comment")
    let crc = offset + 16
    offset = comment.upperBound
    let checksum = UInt32(try integer(crc, UInt32.self))
    return Member(
      name: name, whole: local..<data.upperBound, data: data, deflated: method == 8 ? (size, checksum) : nil)
  }

  private func readZIP64(_ extra: Range<Int>, into fields: inout [Int]) throws(ImportError) {
    var offset = extra.lowerBound
    while offset + 4 <= extra.upperBound {
      let (id, size) = (try integer(offset, UInt16.self), try integer(offset + 2, UInt16.self))
      var field = offset + 4
      offset = field + size
      guard id == 1 else { continue }
      for index in fields.indices where fields[index] == 0xFFFF_FFFF {
        guard field + 8 <= min(offset, extra.upperBound) else {
          throw problem("expected 8 more bytes in the ZIP64 field at byte \(field), found its end")
        }
        fields[index] = try integer(field, UInt64.self)
        field += 8
      }
    }
  }

  private func requireDisjoint(_ members: [Member], before directory: Int) throws(ImportError) {
    var end = 0
    for member in members.sorted(by: { $0.whole.lowerBound < $1.whole.lowerBound }) {
      guard member.whole.lowerBound >= end else {
        throw problem(
          "member \(quoted(member.name)) overlaps another: expected it behind byte \(end), found it at "
            + "\(member.whole.lowerBound)")
      }
      end = member.whole.upperBound
    }
    guard end <= directory else {
      throw problem("expected members to end before their directory at byte \(directory), found \(end)")
    }
  }
}
