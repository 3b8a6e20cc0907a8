/// How a matrix [k, c] lies in panels of 16 columns, which matrix products read in place.
///
/// A panel is an array [⌈k/depth⌉, 16] of 32-bit words. Word (i, j) holds the elements i·depth, i·depth + 1, …
/// of column j, the first in the lowest bits; depth is 4 over the element's bytes. So Float panels are [k, 16].
/// Columns and rows that the matrix lacks are zero. A panel of int8 ends with 16 Floats, its columns' scales.
@usableFromInline package enum PanelLayout {
  // The kernels' loops are built on these: inlined, they are constants there.

  /// Columns of a panel.
  @inlinable package static var width: Int { 16 }

  /// Bytes of a word.
  @inlinable package static var wordByteCount: Int { 4 }

  /// ⌈c/16⌉, the panels of a matrix.
  @inlinable package static func count(columns: Int) -> Int { (columns + width - 1) / width }

  /// Rows whose elements share a word.
  @inlinable package static func depth(_ type: ElementType) -> Int { wordByteCount / type.byteCount }

  /// Bytes of the scales at a panel's end.
  @inlinable package static func scaleByteCount(_ type: ElementType) -> Int {
    // A switch: == of an enum with raw values may compare those.
    switch type {
    case .f32, .bf16, .f16: 0
    case .int8: width * wordByteCount
    }
  }

  /// Bytes of one panel of `rows` rows, at most 64·(rows + 1).
  @inlinable package static func byteCount(rows: Int, _ type: ElementType) -> Int {
    let words = (rows * type.byteCount + wordByteCount - 1) / wordByteCount
    return words * wordByteCount * width + scaleByteCount(type)
  }
}
