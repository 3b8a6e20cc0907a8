import Checkpoint

/// How a source stores a number.
package enum SourceType: String, Sendable {
  case f64, f32, f16, bf16

  var byteCount: Int {
    switch self {
    case .f64: 8
    case .f32: 4
    case .f16, .bf16: 2
    }
  }
}

/// One tensor of a file to import, in place in the mapped source; row-major, little-endian.
package struct SourceTensor: Sendable {
  package let name: String
  package let type: SourceType
  package let shape: [Int]
  let offset: Int
  let file: MappedFile

  package var count: Int { shape.reduce(1, *) }

  /// Elements as Float, rounded to nearest where the source has more digits.
  package func floats(_ range: Range<Int>) -> [Float] {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) of '\(name)'")
    let bytes = file.bytes
    let start = offset + range.lowerBound * type.byteCount
    switch type {
    case .f32:
      return range.indices.map {
        bytes.loadUnaligned(fromByteOffset: start + ($0 - range.lowerBound) * 4, as: Float.self)
      }
    case .f64:
      return range.indices.map {
        Float(bytes.loadUnaligned(fromByteOffset: start + ($0 - range.lowerBound) * 8, as: Double.self))
      }
    case .f16:
      return range.indices.map {
        Float(bytes.loadUnaligned(fromByteOffset: start + ($0 - range.lowerBound) * 2, as: Float16.self))
      }
    case .bf16:
      return range.indices.map {
        float(
          bfloat16: bytes.loadUnaligned(fromByteOffset: start + ($0 - range.lowerBound) * 2, as: UInt16.self))
      }
    }
  }

  /// All elements.
  package func floats() -> [Float] { floats(0..<count) }
}

/// The product of dimensions, or nil where it overflows or a dimension is negative.
func checkedProduct(_ factors: some Sequence<Int>) -> Int? {
  var product = 1
  for factor in factors {
    let (next, overflow) = product.multipliedReportingOverflow(by: factor)
    guard factor >= 0, !overflow else { return nil }
    product = next
  }
  return product
}
