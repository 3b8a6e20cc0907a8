/// One tensor of a checkpoint: what the table says of it, and its bytes in the mapping.
public struct Tensor: Sendable {
  /// Name, unique in the file.
  public let name: String
  /// Element type.
  public let type: ElementType
  /// Dimensions, row-major, slowest first; every one at least 1.
  public let shape: [Int]
  /// First byte, from the start of the file; a multiple of 64.
  public let offset: Int
  /// XXH3-64 of the bytes.
  public let checksum: UInt64
  /// The mapping that `bytes` points into; whoever keeps `bytes` keeps this.
  public let file: MappedFile

  /// Number of elements.
  public var count: Int { shape.reduce(1, *) }
  /// Length in bytes.
  public var byteCount: Int { count * type.byteCount }

  /// The elements in place, little-endian, row-major. Valid while `file` is alive.
  public var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: file.bytes[offset..<offset + byteCount])
  }

  /// One element as Float.
  public subscript(_ index: Int) -> Float {
    switch type {
    case .f32: bytes.loadUnaligned(fromByteOffset: index * 4, as: Float.self)
    case .bf16: float(bfloat16: bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
    case .f16: Float(bytes.loadUnaligned(fromByteOffset: index * 2, as: Float16.self))
    }
  }

  /// A copy of the elements as Float, for small tensors.
  public func floats() -> [Float] { (0..<count).map { self[$0] } }

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
  public var summary: String { Self.summary(type: type.name, shape: shape) }

  static func summary(type: String, shape: [Int]) -> String {
    "\(type) [\(shape.map(String.init).joined(separator: ", "))]"
  }
}
