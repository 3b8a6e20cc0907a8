/// In which order a tensor's elements lie. The raw value is the code in the file.
public enum Arrangement: UInt16, Sendable, CaseIterable {
  /// One row after another.
  case rowMajor = 0
  /// The last two dimensions, [k, c], in panels of 16 columns, which matrix products read in place.
  ///
  /// A panel is an array [⌈k/depth⌉, 16] of 32-bit words. Word (i, j) holds the elements i·depth, i·depth + 1, …
  /// of column j, the first in the lowest bits; depth is 4 over the element's bytes. Columns and rows that
  /// the matrix lacks are zero. A panel of int8 ends with 16 Floats, its columns' scales.
  case panels = 1

  static let panelWidth = 16

  /// Bytes of a tensor; nil when they overflow or the shape has no last two dimensions.
  func byteCount(shape: [Int], type: ElementType) -> Int? {
    switch self {
    case .rowMajor: return product(shape, type.byteCount)
    case .panels:
      guard let (k, c) = Self.matrix(of: shape), let bits = product([k, type.byteCount], 1) else {
        return nil
      }
      let (padded, overflow) = bits.addingReportingOverflow(3)
      guard !overflow, let panel = product([padded / 4], Self.panelWidth * 4) else { return nil }
      let (whole, tooMuch) = panel.addingReportingOverflow(type == .int8 ? Self.panelWidth * 4 : 0)
      return tooMuch ? nil : product(shape.dropLast(2) + [(c - 1) / Self.panelWidth + 1, whole], 1)
    }
  }

  /// Rows and columns of a stack's matrices.
  static func matrix(of shape: [Int]) -> (k: Int, c: Int)? {
    shape.count >= 2 ? (shape[shape.count - 2], shape[shape.count - 1]) : nil
  }

  private func product(_ factors: some Sequence<Int>, _ first: Int) -> Int? {
    factors.reduce(first) { (product: Int?, factor: Int) in
      guard let (next, overflow) = product?.multipliedReportingOverflow(by: factor), !overflow else {
        return nil
      }
      return next
    }
  }
}
