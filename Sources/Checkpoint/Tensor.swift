/// One tensor of a checkpoint: what the table says of it, and its bytes in the mapping.
public struct Tensor: Sendable {
  /// Name, unique in the file.
  public let name: String
  /// Element type.
  public let type: ElementType
  /// In which order the elements lie.
  public let arrangement: Arrangement
  /// Dimensions, slowest first; every one at least 1.
  public let shape: [Int]
  /// First byte, from the start of the file; a multiple of 64.
  public let offset: Int
  /// Length in bytes.
  public let byteCount: Int
  /// XXH3-64 of the bytes.
  public let checksum: UInt64
  /// The mapping that `bytes` points into; whoever keeps `bytes` keeps this.
  public let file: MappedFile

  /// Number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// The elements in place, little-endian, in their arrangement. Valid while `file` is alive.
  public var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: file.bytes[offset..<offset + byteCount])
  }

  /// The stored element of that place, as Float; of int8, the integer.
  func stored(_ index: Int) -> Float {
    switch type {
    case .f32: bytes.loadUnaligned(fromByteOffset: index * 4, as: Float.self)
    case .bf16: float(bfloat16: bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
    case .f16: Float(bytes.loadUnaligned(fromByteOffset: index * 2, as: Float16.self))
    case .int8: Float(bytes.loadUnaligned(fromByteOffset: index, as: Int8.self))
    }
  }

  /// A copy of the elements of a row-major tensor as Float, for small ones.
  public func floats() -> [Float] { floats(0..<count) }

  /// Some of them.
  public func floats(_ range: Range<Int>) -> [Float] {
    precondition(arrangement == .rowMajor, "'\(name)' is in panels")
    return range.map(stored)
  }

  /// Recomputes the checksum.
  ///
  /// - Throws: `CheckpointError.checksumMismatch` if the bytes are not those that were written.
  public func verify() throws(CheckpointError) {
    let found = Checksum.of(bytes)
    guard found == checksum else {
      throw .checksumMismatch(part: "tensor '\(name)'", expected: checksum, found: found)
    }
  }

  /// Shape and type in words, as "f32 [128, 384]".
  public var summary: String { Self.summary(type: type.rawValue, shape: shape) }

  static func summary(type: String, shape: [Int]) -> String {
    "\(type) [\(shape.map(String.init).joined(separator: ", "))]"
  }
}
