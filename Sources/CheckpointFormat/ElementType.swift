/// How one number of a tensor is stored. The raw value is the name that commands and messages use.
public enum ElementType: String, Sendable, CaseIterable {
  /// IEEE 754 binary32.
  case f32
  /// bfloat16: the upper half of a binary32.
  case bf16
  /// IEEE 754 binary16.
  case f16
  /// Integers −127…127 with a scale for each output column; matrices in panels only.
  case int8

  /// The code in the file.
  package var code: UInt16 {
    switch self {
    case .f32: 1
    case .bf16: 2
    case .f16: 3
    case .int8: 4
    }
  }

  /// The type of that code.
  package init?(code: UInt16) {
    guard let type = Self.allCases.first(where: { $0.code == code }) else { return nil }
    self = type
  }

  /// Bytes a number.
  @inlinable public var byteCount: Int {
    switch self {
    case .f32: 4
    case .bf16, .f16: 2
    case .int8: 1
    }
  }
}

/// The nearest bfloat16, ties to even; a NaN stays a (quiet) NaN.
package func bfloat16(_ value: Float) -> UInt16 {
  let bits = value.bitPattern
  if value.isNaN { return UInt16(bits >> 16) | 0x0040 }
  return UInt16((bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16)
}

/// The binary32 of the same value.
package func float(bfloat16 bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }
