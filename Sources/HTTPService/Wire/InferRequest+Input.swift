extension InferRequest.Input {
  /// Checks an input's fields against each other and takes its data.
  ///
  /// - Parameter binary: where in the body binary data lies.
  init(
    _ fields: TensorFields, body: [UInt8], binary: Range<Int>, limits: InferRequest.Limits
  ) throws(InferRequestError) {
    switch fields.name {
    case "image":
      let shape = try fields.shape("[n] or [n, 1]", datatype: "BYTES", limits: limits) {
        $0.count == 1 || $0.count == 2 && $0[1] == 1
      }
      if try fields.isBinary(binary) {
        self = .images(try Self.images(shape.count, in: body, binary))
      } else {
        self = .images(try fields.images(shape, json: body))
      }
    case "pixels":
      let shape = try fields.shape("[n, 3, H, W]", datatype: "FP32", limits: limits) {
        $0.count == 4 && $0[1] == 3
      }
      if try fields.isBinary(binary) {
        self = .pixels(shape: shape, values: try Self.floats(shape, in: body, binary))
      } else {
        self = .pixels(shape: shape, values: try fields.elements(shape, "numbers", of: \.numbers))
      }
    default:
      throw .field(
        "inputs[0].name", expected: "'image' or 'pixels'", found: fields.name.map { escaped($0) } ?? "none")
    }
  }

  /// `count` elements, each behind its length in 32 bits.
  private static func images(
    _ count: Int, in body: [UInt8], _ binary: Range<Int>
  ) throws(InferRequestError) -> [ArraySlice<UInt8>] {
    var images: [ArraySlice<UInt8>] = []
    var position = binary.lowerBound
    for index in 0..<count {
      let left = binary.upperBound - position
      guard left >= 4 else {
        throw .field(
          "inputs[0]", expected: "\(count) elements of binary data, each behind its length in 4 bytes",
          found: "the end of the data in element \(index)")
      }
      let length = Int(uint32(in: body, at: position))
      guard length <= left - 4 else {
        throw .field(
          "inputs[0]", expected: "element \(index) within the \(left - 4) bytes that are left",
          found: "a length of \(length)")
      }
      images.append(body[position + 4..<position + 4 + length])
      position += 4 + length
    }
    guard position == binary.upperBound else {
      throw .field(
        "inputs[0]", expected: "the end of the data behind its \(count) elements",
        found: "\(binary.upperBound - position) more bytes")
    }
    return images
  }

  private static func floats(
    _ shape: TensorShape, in body: [UInt8], _ binary: Range<Int>
  ) throws(InferRequestError) -> [Float] {
    let (byteCount, overflows) = shape.count.multipliedReportingOverflow(by: 4)
    guard !overflows, binary.count == byteCount else {
      throw .field(
        "inputs[0].parameters.binary_data_size",
        expected: "4 bytes for each of the shape's \(shape.count) numbers",
        found: "\(binary.count)")
    }
    let values = (0..<shape.count).map { Float(bitPattern: uint32(in: body, at: binary.lowerBound + 4 * $0)) }
    guard let index = values.firstIndex(where: { !$0.isFinite }) else { return values }
    throw .field("inputs[0]", expected: "finite numbers", found: "\(values[index]) as element \(index)")
  }

  /// Little-endian.
  private static func uint32(in bytes: [UInt8], at offset: Int) -> UInt32 {
    UInt32(bytes[offset]) | UInt32(bytes[offset + 1]) << 8 | UInt32(bytes[offset + 2]) << 16
      | UInt32(bytes[offset + 3]) << 24
  }
}
