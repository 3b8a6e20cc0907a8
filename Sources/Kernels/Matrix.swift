/// Activations: a row-major matrix of Float that owns its memory, 64-byte aligned, zero at first.
///
/// Allocated once for the largest batch; kernels are told how many rows are live.
public struct Matrix: ~Copyable {
  /// Rows that fit.
  public let rowCount: Int
  /// Columns of each row.
  public let columnCount: Int
  let base: UnsafeMutablePointer<Float>

  /// A zero matrix.
  public init(rows: Int, columns: Int) {
    require(rows >= 0 && columns >= 0, "a matrix has no negative size")
    rowCount = rows
    columnCount = columns
    base = allocateFloats(rows * columns)
  }

  deinit { base.deallocate() }

  /// Bytes that the matrix holds.
  public var byteCount: Int { rowCount * columnCount * MemoryLayout<Float>.size }

  /// A copy of one row.
  public func row(_ index: Int) -> [Float] {
    require((0..<rowCount).contains(index), "row \(index) of \(rowCount)")
    return Array(UnsafeBufferPointer(start: base + index * columnCount, count: columnCount))
  }

  /// A copy of consecutive rows, one after another.
  public func rows(_ range: Range<Int>) -> [Float] {
    require(range.lowerBound >= 0 && range.upperBound <= rowCount, "rows \(range) of \(rowCount)")
    return Array(
      UnsafeBufferPointer(start: base + range.lowerBound * columnCount, count: range.count * columnCount))
  }

  /// Overwrites one row.
  public mutating func setRow(_ index: Int, to values: [Float]) {
    require(
      (0..<rowCount).contains(index) && values.count == columnCount,
      "row \(index) of \(rowCount) with \(values.count) of \(columnCount) values")
    _ = UnsafeMutableBufferPointer(start: base + index * columnCount, count: columnCount).update(from: values)
  }
}

/// Zeroed memory on a cache line's boundary.
func allocateFloats(_ count: Int) -> UnsafeMutablePointer<Float> {
  let raw = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 4, alignment: 64)
  let floats = raw.bindMemory(to: Float.self, capacity: max(count, 1))
  floats.initialize(repeating: 0, count: max(count, 1))
  return floats
}
