import Glibc

/// How many blocks the names count: one more than the largest index after `prefix`.
///
/// An index beyond the number of names is no block's, and its tensor is left over.
func blockCount(in names: some Collection<String>, prefix: String) -> Int {
  names.reduce(0) { count, name in
    guard name.hasPrefix(prefix), let index = Int(name.dropFirst(prefix.count).prefix { $0.isNumber }),
      index < names.count
    else { return count }
    return max(count, index + 1)
  }
}

/// The square root of a square number.
func integerSquareRoot(_ square: Int) -> Int? {
  // So far a Double is exact, and no image has more patches.
  guard (1...1 << 52).contains(square) else { return nil }
  let root = Int(Double(square).squareRoot().rounded())
  return root * root == square ? root : nil
}

/// Positions of a grid of patches, [rows·columns, width]: sin and cos of x·ω, then of y·ω, a quarter of the
/// width each, ω_i = 10000^(−i/(width/4 − 1)).
///
/// - Source: vmoe's sincos2d, after MoCo v3.
func sincos2d(rows: Int, columns: Int, width: Int) -> [Float] {
  let quarter = width / 4
  let frequencies = (0..<quarter).map { exp(-log(10_000) * Double($0) / Double(max(1, quarter - 1))) }
  var table: [Float] = []
  for y in 0..<rows {
    for x in 0..<columns {
      for position in [x, y] {
        table += frequencies.map { Float(sin(Double(position) * $0)) }
        table += frequencies.map { Float(cos(Double(position) * $0)) }
      }
    }
  }
  return table
}
