import Glibc

/// Activations: a row-major matrix of Float that owns its memory, 64-byte aligned, zero at first.
///
/// Allocated once for the largest batch; kernels are told how many rows are live.
package struct Matrix: ~Copyable {
  /// Rows that fit.
  package let rowCount: Int
  /// Columns of each row.
  package let columnCount: Int
  let base: UnsafeMutablePointer<Float>
  private let isOwner: Bool

  /// A zero matrix.
  ///
  /// - Throws: `MachineError.memory`.
  package init(rows: Int, columns: Int) throws(MachineError) {
    require(rows >= 0 && columns >= 0, "a matrix has no negative size")
    let count = max(1, rows * columns)
    // Whole cache lines, which is what aligned memory comes in.
    let size = (count * MemoryLayout<Float>.size + 63) / 64 * 64
    guard let memory = aligned_alloc(64, size) else { throw .memory(byteCount: size) }
    (rowCount, columnCount) = (rows, columns)
    base = memory.bindMemory(to: Float.self, capacity: count)
    base.initialize(repeating: 0, count: count)
    isOwner = true
  }

  /// Another name for a matrix that lives at least as long: what is written to one is read from the other.
  package init(sharing other: borrowing Matrix) {
    (rowCount, columnCount, base) = (other.rowCount, other.columnCount, other.base)
    isOwner = false
  }

  deinit { if isOwner { free(base) } }

  /// Bytes that the matrix holds.
  package var byteCount: Int { rowCount * columnCount * MemoryLayout<Float>.size }

  /// A copy of one row.
  package func row(_ index: Int) -> [Float] {
    require((0..<rowCount).contains(index), "row \(index) of \(rowCount)")
    return Array(UnsafeBufferPointer(start: base + index * columnCount, count: columnCount))
  }

  /// A copy of consecutive rows, one after another.
  package func rows(_ range: Range<Int>) -> [Float] {
    require(range.lowerBound >= 0 && range.upperBound <= rowCount, "rows \(range) of \(rowCount)")
    return Array(
      UnsafeBufferPointer(start: base + range.lowerBound * columnCount, count: range.count * columnCount))
  }

  /// Overwrites one row.
  package mutating func setRow(_ index: Int, to values: [Float]) {
    require(
      (0..<rowCount).contains(index) && values.count == columnCount,
      "row \(index) of \(rowCount) with \(values.count) of \(columnCount) values")
    _ = UnsafeMutableBufferPointer(start: base + index * columnCount, count: columnCount).update(from: values)
  }
}
