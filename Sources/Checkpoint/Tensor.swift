/// One tensor of a checkpoint: what the table says of it, and its bytes in the mapping.
package struct Tensor: Sendable {
  /// Name, unique in the file.
  package let name: String
  /// Element type.
  package let type: ElementType
  /// In which order the elements lie.
  package let arrangement: Arrangement
  /// Dimensions, slowest first; every one at least 1.
  package let shape: [Int]
  /// First byte, from the start of the file; a multiple of 64.
  package let offset: Int
  /// Length in bytes.
  package let byteCount: Int
  /// XXH3-64 of the bytes.
  package let checksum: UInt64
  /// The mapping that `bytes` points into; whoever keeps `bytes` keeps this.
  package let file: MappedFile

  /// Number of elements.
  package var count: Int { shape.reduce(1, *) }

  /// The elements in place, little-endian, in their arrangement. Valid while `file` is alive.
  package var bytes: UnsafeRawBufferPointer {
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
  package func floats() -> [Float] { floats(0..<count) }

  /// Some of them.
  package func floats(_ range: Range<Int>) -> [Float] {
    precondition(arrangement == .rowMajor, "'\(name)' is in panels")
    return range.map(stored)
  }

  /// Recomputes the checksum.
  ///
  /// - Throws: `CheckpointError.checksumMismatch` if the bytes are not those that were written.
  package func verify() throws(CheckpointError) {
    let found = Checksum.of(bytes)
    guard found == checksum else {
      throw .checksumMismatch(part: "tensor '\(name)'", expected: checksum, found: found)
    }
  }

  /// Type, shape and arrangement in words, as "bf16 [128, 384] in panels".
  var summary: String { Self.summary([type], shape, arrangement) }

  static func summary(_ types: [ElementType], _ shape: [Int], _ arrangement: Arrangement) -> String {
    "\(types.map(\.rawValue).joined(separator: " or ")) \(shape)"
      + (arrangement == .panels ? " in panels" : "")
  }
}
