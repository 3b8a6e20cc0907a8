/// The checked header of a checkpoint: where metadata, table and data lie.
///
/// Axes of trust: after `init` every range lies in the file, in order, without overlap.
struct Header {
  let metadata: Range<Int>
  let table: Range<Int>
  let dataOffset: Int
  let checksum: UInt64

  init(_ bytes: UnsafeRawBufferPointer, checksum isChecked: Bool) throws(CheckpointError) {
    typealias Field = Layout.Preamble
    let reader = FieldReader(bytes: bytes)
    let magicLength = Layout.magic.count
    let start = bytes.prefix(magicLength)
    try reader.require(
      start.elementsEqual(Layout.magic.prefix(start.count)), "magic", at: Field.magic,
      expected: "89 'SMOE' 0D 0A 1A of a .smoe file", found: "other bytes")
    try reader.require(
      bytes.count >= Layout.preambleLength, "preamble", at: 0, expected: "\(Layout.preambleLength) bytes",
      found: "\(bytes.count)")

    let version = try reader.integer("version", at: Field.version, as: UInt32.self)
    let mark = try reader.integer("byte order", at: Field.byteOrderMark, as: UInt32.self)
    try reader.require(
      mark != Layout.byteOrderMark.byteSwapped, "byte order", at: Field.byteOrderMark,
      expected: "little-endian", found: "big-endian")
    try reader.require(
      mark == Layout.byteOrderMark, "byte order", at: Field.byteOrderMark, expected: "0x01020304",
      found: "0x" + String(mark, radix: 16))
    try reader.require(
      version == Layout.version, "version", at: Field.version, expected: "\(Layout.version)",
      found: "\(version)")

    let fileLength = try reader.integer("file length", at: Field.fileLength, as: UInt64.self)
    try reader.require(
      fileLength == UInt64(bytes.count), "file length", at: Field.fileLength,
      expected: "\(bytes.count), which the file has", found: "\(fileLength)")
    try reader.requireZero("reserved field", in: Field.reserved..<Field.headerChecksum)

    let metadataOffset = try reader.length(
      "metadata offset", at: Field.metadataOffset, in: Layout.preambleLength...Layout.preambleLength)
    let metadataLength = try reader.length(
      "metadata length", at: Field.metadataLength,
      in: 0...min(Layout.maximumMetadataLength, bytes.count - metadataOffset))
    metadata = metadataOffset..<metadataOffset + metadataLength

    // Both are below 2^27 by now: no overflow.
    let tableStart = Layout.tableOffset(metadataEnd: metadata.upperBound)
    let tableOffset = try reader.length(
      "table offset", at: Field.tableOffset, in: tableStart...tableStart)
    let room = max(0, bytes.count - tableOffset) / Layout.recordLength
    let tensorCount = try reader.length(
      "tensor count", at: Field.tensorCount, in: 0...min(Layout.maximumTensorCount, room))
    table = tableOffset..<tableOffset + tensorCount * Layout.recordLength

    let dataStart = Layout.dataOffset(tableEnd: table.upperBound)
    dataOffset = try reader.length("data offset", at: Field.dataOffset, in: dataStart...dataStart)
    try reader.require(
      dataOffset <= bytes.count, "data offset", at: Field.dataOffset, expected: "at most \(bytes.count)",
      found: "\(dataOffset)")

    checksum = try reader.integer("header checksum", at: Field.headerChecksum, as: UInt64.self)
    if isChecked {
      let found = Layout.headerChecksum(UnsafeRawBufferPointer(rebasing: bytes[..<dataOffset]))
      guard found == checksum else {
        throw .checksumMismatch(part: "the header", expected: checksum, found: found)
      }
    }
    try reader.requireZero("padding", in: metadata.upperBound..<table.lowerBound)
    try reader.requireZero("padding", in: table.upperBound..<dataOffset)
  }
}
