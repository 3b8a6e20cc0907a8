/// How the weight of each column of a softmax lies on the rows.
package struct ColumnConcentration {
  /// [columns]: exp of each column's entropy, on how many rows its weight rests.
  package let effectiveRows: UnsafeMutablePointer<Float>
  /// [columns]: each column's largest weight.
  package let largest: UnsafeMutablePointer<Float>

  /// Both for the same columns.
  package init(effectiveRows: UnsafeMutablePointer<Float>, largest: UnsafeMutablePointer<Float>) {
    (self.effectiveRows, self.largest) = (effectiveRows, largest)
  }

  /// The same, some columns on.
  package func advanced(by columns: Int) -> ColumnConcentration {
    ColumnConcentration(effectiveRows: effectiveRows + columns, largest: largest + columns)
  }
}
