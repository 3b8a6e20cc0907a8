/// Reads the tensor table and proves that its tensors tile the data section exactly.
struct TensorTable {
  let tensors: [Tensor]

  init(of file: MappedFile, header: Header) throws(CheckpointError) {
    let reader = FieldReader(bytes: file.bytes)
    var tensors: [Tensor] = []
    tensors.reserveCapacity(header.table.count / Layout.recordLength)
    var names: Set<String> = []
    var end = UInt64(header.dataOffset)
    for record in stride(from: header.table.lowerBound, to: header.table.upperBound, by: Layout.recordLength)
    {
      let tensor = try Self.tensor(
        at: record, expectedAfter: end, file: file, reader: reader)
      try reader.require(
        names.insert(tensor.name).inserted, "tensor name", at: record, expected: "unique names",
        found: "'\(tensor.name)' twice")
      end = UInt64(tensor.offset + tensor.byteCount)
      tensors.append(tensor)
    }
    try reader.require(
      end == UInt64(file.bytes.count), "end of data", at: Int(end), expected: "the end of the file",
      found: "\(file.bytes.count - Int(end)) bytes that belong to no tensor")
    self.tensors = tensors
  }

  private static func tensor(
    at record: Int, expectedAfter end: UInt64, file: MappedFile, reader: FieldReader
  ) throws(CheckpointError) -> Tensor {
    typealias Field = Layout.Record
    let name = try self.name(at: record + Field.name, reader: reader)

    let code = try reader.integer("element type of '\(name)'", at: record + Field.type, as: UInt16.self)
    guard let type = ElementType(code: code) else {
      throw .invalid(
        field: "element type of '\(name)'", offset: UInt64(record + Field.type),
        expected: ElementType.allCases.map { "\($0.code) (\($0.rawValue))" }.joined(separator: " or "),
        found: "\(code)")
    }
    let arrangementCode = try reader.integer(
      "arrangement of '\(name)'", at: record + Field.arrangement, as: UInt16.self)
    guard let arrangement = Arrangement(rawValue: arrangementCode) else {
      throw .invalid(
        field: "arrangement of '\(name)'", offset: UInt64(record + Field.arrangement),
        expected: "0 (row-major) or 1 (panels)", found: "\(arrangementCode)")
    }
    try reader.require(
      type != .int8 || arrangement == .panels, "arrangement of '\(name)'", at: record + Field.arrangement,
      expected: "1 (panels) for int8", found: "\(arrangementCode)")

    let (shape, byteCount) = try self.shape(
      of: name, type: type, arrangement: arrangement, at: record, reader: reader)

    let offset = try reader.integer("offset of '\(name)'", at: record + Field.offset, as: UInt64.self)
    let expected = Layout.aligned(end, to: Layout.tensorAlignment)
    try reader.require(
      offset == expected, "offset of '\(name)'", at: record + Field.offset,
      expected: "\(expected ?? 0), right after the tensor before", found: "\(offset)")
    let (tensorEnd, overflow) = offset.addingReportingOverflow(byteCount)
    try reader.require(
      !overflow && tensorEnd <= UInt64(file.bytes.count), "length of '\(name)'",
      at: record + Field.length, expected: "to end by byte \(file.bytes.count)",
      found: "\(byteCount) bytes from \(offset)")

    return Tensor(
      name: name, type: type, arrangement: arrangement, shape: shape, offset: Int(offset),
      byteCount: Int(byteCount),
      checksum: try reader.integer("checksum of '\(name)'", at: record + Field.checksum, as: UInt64.self),
      file: file)
  }

  private static func name(at offset: Int, reader: FieldReader) throws(CheckpointError) -> String {
    let field = reader.bytes[offset..<offset + Layout.nameLength]
    let text = field.prefix { (0x21...0x7E).contains($0) }
    let other = field[text.endIndex...].first { $0 != 0 }
    guard (1..<Layout.nameLength).contains(text.count), other == nil else {
      let shown = quoted(String(decoding: text, as: UTF8.self))
      throw .invalid(
        field: "tensor name", offset: UInt64(offset),
        expected: "1 to \(Layout.nameLength - 1) printable ASCII characters, then zeros",
        found: shown + (other.map { ", then byte 0x\(String($0, radix: 16))" } ?? ""))
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static func shape(
    of name: String, type: ElementType, arrangement: Arrangement, at record: Int, reader: FieldReader
  ) throws(CheckpointError) -> (shape: [Int], byteCount: UInt64) {
    typealias Field = Layout.Record
    let rank = try reader.integer("rank of '\(name)'", at: record + Field.rank, as: UInt32.self)
    try reader.require(
      rank <= Layout.maximumRank, "rank of '\(name)'", at: record + Field.rank,
      expected: "0…\(Layout.maximumRank)", found: "\(rank)")
    var shape: [Int] = []
    var elements = UInt64(type.byteCount)
    for axis in 0..<Layout.maximumRank {
      let place = record + Field.dimensions + 8 * axis
      let dimension = try reader.integer("dimension \(axis) of '\(name)'", at: place, as: UInt64.self)
      let isUsed = axis < rank
      let (product, overflow) = elements.multipliedReportingOverflow(by: max(dimension, 1))
      try reader.require(
        (isUsed ? dimension > 0 : dimension == 0) && !overflow && product <= UInt64(Int.max),
        "dimension \(axis) of '\(name)'", at: place,
        expected: isUsed ? "a positive number whose product fits 63 bits" : "zero (unused)",
        found: "\(dimension)")
      if isUsed { shape.append(Int(dimension)) }
      elements = product
    }
    guard let byteCount = arrangement.byteCount(shape: shape, type: type) else {
      throw .invalid(
        field: "shape of '\(name)'", offset: UInt64(record + Field.dimensions),
        expected: "matrices whose panels' bytes fit 63 bits", found: "\(shape)")
    }
    let length = try reader.integer("length of '\(name)'", at: record + Field.length, as: UInt64.self)
    try reader.require(
      length == UInt64(byteCount), "length of '\(name)'", at: record + Field.length,
      expected: "\(byteCount) bytes by its shape", found: "\(length)")
    return (shape, UInt64(byteCount))
  }
}
