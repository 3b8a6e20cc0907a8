/// How the numbers of a weight are stored.
package enum WeightElement: Sendable, CaseIterable {
  /// IEEE 754 binary32.
  case f32
  /// bfloat16.
  case bf16
  /// IEEE 754 binary16.
  case f16
  /// An integer of 8 bits, −127…127, times a scale of its output column.
  case int8

  /// Bytes a number.
  package var byteCount: Int {
    switch self {
    case .f32: 4
    case .bf16, .f16: 2
    case .int8: 1
    }
  }
}
