/// Writes a `.smoe` file in one pass: data as it comes, the header last, then a rename.
///
/// A reader never sees half a file: until `finish` the bytes are in a temporary file beside it.
package struct CheckpointWriter: ~Copyable {
  /// What the table will say of a tensor.
  package struct Description: Sendable, Equatable {
    /// Unique name, at most 63 printable ASCII characters.
    package let name: String
    /// How the elements are stored.
    package let type: ElementType
    /// In which order.
    package let arrangement: Arrangement
    /// Dimensions, each at least 1, at most four.
    package let shape: [Int]

    /// A tensor to write.
    package init(name: String, type: ElementType, arrangement: Arrangement = .rowMajor, shape: [Int]) {
      (self.name, self.type, self.arrangement, self.shape) = (name, type, arrangement, shape)
    }

    var count: Int { shape.reduce(1, *) }

    /// Whether the format can hold it.
    var isValid: Bool {
      (1..<Layout.nameLength).contains(name.utf8.count) && name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        && shape.count <= Layout.maximumRank && shape.allSatisfy { $0 > 0 }
        && shape.count >= (arrangement == .panels ? 2 : 0) && (arrangement == .panels || type != .int8)
    }

    /// Bytes of the tensor.
    package var byteCount: Int {
      guard let count = arrangement.byteCount(shape: shape, type: type) else {
        preconditionFailure("\(name) \(shape) is too large")
      }
      return count
    }
  }

  private let file: PartialFile
  private let metadata: [UInt8]
  private let descriptions: [Description]
  private let tableOffset, dataOffset: Int
  private var records: [Record] = []
  private var position: Int

  private struct Record {
    var offset: Int
    var checksum: UInt64
  }

  /// Starts a file.
  ///
  /// - Parameters:
  ///   - metadata: encoded as the header's JSON object; its keys are the sections.
  ///   - tensors: every tensor, in the order in which `append` will deliver them.
  /// - Throws: `CheckpointError.unwritable`.
  package init(path: String, metadata: some Encodable, tensors: [Description]) throws(CheckpointError) {
    for tensor in tensors { precondition(tensor.isValid, "tensor \(tensor.name) \(tensor.shape)") }
    let encoded = try StrictJSON.encode(metadata, for: path)
    let file = try PartialFile(path: path)
    tableOffset = Layout.tableOffset(metadataEnd: Layout.preambleLength + encoded.count)
    dataOffset = Layout.dataOffset(tableEnd: tableOffset + tensors.count * Layout.recordLength)
    position = dataOffset
    self.file = file
    self.metadata = encoded
    descriptions = tensors
  }

  /// Writes the next tensor, its elements handed over in pieces, row-major whatever its arrangement.
  ///
  /// - Parameter body: calls its argument with consecutive pieces; together they must be the tensor.
  /// - Throws: `CheckpointError.unwritable`, or what `body` throws.
  package mutating func append(_ body: ((_ piece: [Float]) throws -> Void) throws -> Void) throws {
    precondition(records.count < descriptions.count, "more tensors than described")
    let description = descriptions[records.count]
    let offset = Layout.aligned(position, to: Layout.tensorAlignment)
    var checksum = Checksum()
    var end = offset
    // A matrix is packed when it is whole; nothing else waits.
    let matrix = description.arrangement == .panels ? Arrangement.matrix(of: description.shape) : nil
    var waiting: [Float] = []
    func put(_ bytes: [UInt8]) throws(CheckpointError) {
      bytes.withUnsafeBytes { checksum.update($0) }
      try file.write(bytes.span.bytes, at: end)
      end += bytes.count
    }
    try body { piece in
      guard let (k, c) = matrix else { return try put(Self.encode(piece, as: description.type)) }
      waiting += piece
      var first = 0
      while waiting.count - first >= k * c {
        let values = Array(waiting[first..<first + k * c])
        try put(Panels.pack(values, k: k, c: c, type: description.type))
        first += k * c
      }
      waiting.removeFirst(first)
    }
    let expected = description.byteCount
    precondition(end - offset == expected, "\(description.name): \(end - offset) of \(expected) bytes")
    records.append(Record(offset: offset, checksum: checksum.value))
    position = end
  }

  /// Replaces the last tensor by what `compute` makes of the file as it is, a whole checkpoint already.
  ///
  /// - Parameter compute: gets the path of the unfinished file; returns the tensor's elements.
  /// - Throws: `CheckpointError.unwritable`, or what `compute` throws.
  package mutating func completeLast(_ compute: (_ path: String) throws -> [Float]) throws {
    try writeHeader()
    let values = try compute(file.temporaryPath)
    guard let description = descriptions.last, values.count == description.count else {
      preconditionFailure("\(values.count) elements for the last tensor")
    }
    let last = records.count - 1
    let bytes = Self.encode(values, as: description.type)
    try file.write(bytes.span.bytes, at: records[last].offset)
    records[last].checksum = bytes.withUnsafeBytes { Checksum.of($0) }
  }

  private func writeHeader() throws(CheckpointError) {
    precondition(records.count == descriptions.count, "fewer tensors than described")
    try file.write(header().span.bytes, at: 0)
  }

  /// Writes the header and puts the file in its place.
  ///
  /// - Throws: `CheckpointError.unwritable`.
  package consuming func finish() throws(CheckpointError) {
    try writeHeader()
    try file.commit()
  }

  private static func encode(_ values: [Float], as type: ElementType) -> [UInt8] {
    let count = values.count * type.byteCount
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      let raw = UnsafeMutableRawBufferPointer(buffer)
      switch type {
      case .f32:
        values.withUnsafeBytes { raw.copyMemory(from: $0) }
      case .bf16:
        for (index, value) in values.enumerated() {
          raw.storeBytes(of: bfloat16(value), toByteOffset: index * 2, as: UInt16.self)
        }
      case .f16:
        for (index, value) in values.enumerated() {
          raw.storeBytes(of: Float16(value), toByteOffset: index * 2, as: Float16.self)
        }
      case .int8: preconditionFailure("int8 is for matrices in panels")
      }
      initializedCount = count
    }
  }

  private func header() -> [UInt8] {
    typealias Field = Layout.Preamble
    var bytes = [UInt8](repeating: 0, count: dataOffset)
    func put<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
      withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(offset..<offset + $0.count, with: $0) }
    }
    bytes.replaceSubrange(0..<Layout.magic.count, with: Layout.magic)
    put(Layout.version, at: Field.version)
    put(Layout.byteOrderMark, at: Field.byteOrderMark)
    put(UInt64(position), at: Field.fileLength)
    put(UInt64(Layout.preambleLength), at: Field.metadataOffset)
    put(UInt64(metadata.count), at: Field.metadataLength)
    put(UInt64(tableOffset), at: Field.tableOffset)
    put(UInt64(descriptions.count), at: Field.tensorCount)
    put(UInt64(dataOffset), at: Field.dataOffset)
    bytes.replaceSubrange(
      Layout.preambleLength..<Layout.preambleLength + metadata.count, with: metadata)
    for (index, (tensor, record)) in zip(descriptions, records).enumerated() {
      typealias Field = Layout.Record
      let start = tableOffset + index * Layout.recordLength
      bytes.replaceSubrange(start..<start + tensor.name.utf8.count, with: tensor.name.utf8)
      put(tensor.type.code, at: start + Field.type)
      put(tensor.arrangement.rawValue, at: start + Field.arrangement)
      put(UInt32(tensor.shape.count), at: start + Field.rank)
      for (axis, dimension) in tensor.shape.enumerated() {
        put(UInt64(dimension), at: start + Field.dimensions + 8 * axis)
      }
      put(UInt64(record.offset), at: start + Field.offset)
      put(UInt64(tensor.byteCount), at: start + Field.length)
      put(record.checksum, at: start + Field.checksum)
    }
    let checksum = bytes.withUnsafeBytes { Layout.headerChecksum($0) }
    put(checksum, at: Field.headerChecksum)
    return bytes
  }
}
