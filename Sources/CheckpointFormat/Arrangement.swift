/// In which order a tensor's elements lie. The raw value is the code in the file.
package enum Arrangement: UInt16, Sendable, CaseIterable {
  /// One row after another.
  case rowMajor = 0
  /// The last two dimensions, [k, c], as `PanelLayout` says; of a stack, one matrix after another.
  case panels = 1

  /// Bytes of a tensor; nil when they overflow or the shape has no last two dimensions.
  package func byteCount(shape: [Int], type: ElementType) -> Int? {
    switch self {
    case .rowMajor: return checkedProduct(shape + [type.byteCount])
    case .panels:
      guard let (k, c) = Self.matrix(of: shape), c < Int.max - PanelLayout.width,
        // More than a panel's bytes, so that these are no overflow.
        let bound = checkedProduct([k, PanelLayout.width * PanelLayout.wordByteCount]),
        bound < Int.max - PanelLayout.width * PanelLayout.wordByteCount
      else { return nil }
      return checkedProduct(
        shape.dropLast(2) + [PanelLayout.count(columns: c), PanelLayout.byteCount(rows: k, type)])
    }
  }

  /// Rows and columns of a stack's matrices.
  package static func matrix(of shape: [Int]) -> (k: Int, c: Int)? {
    shape.count >= 2 ? (shape[shape.count - 2], shape[shape.count - 1]) : nil
  }
}

/// The product of dimensions, or nil where it overflows or a dimension is negative.
package func checkedProduct(_ factors: some Sequence<Int>) -> Int? {
  var product = 1
  for factor in factors {
    let (next, overflow) = product.multipliedReportingOverflow(by: factor)
    guard factor >= 0, !overflow else { return nil }
    product = next
  }
  return product
}
