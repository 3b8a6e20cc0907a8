extension Preprocessing {
  /// No side may be longer, in pixels.
  package static let longestSide = 16_384

  /// Checks what a file may have got wrong.
  /// - Throws: `ImageError.preprocessing` naming the first field that cannot be used.
  package func validate() throws(ImageError) {
    for (field, side) in [
      ("resize_shorter", resizeShorter), ("crop_height", cropHeight), ("crop_width", cropWidth),
    ] {
      guard (1...Self.longestSide).contains(side) else {
        throw .preprocessing(field: field, expected: "1 to \(Self.longestSide)", found: "\(side)")
      }
    }
    for (field, values) in [("mean", mean), ("std", std)] {
      guard values.count == 3 else {
        throw .preprocessing(field: field, expected: "3 values", found: "\(values.count)")
      }
    }
    for value in mean where !value.isFinite {
      throw .preprocessing(field: "mean", expected: "finite values", found: "\(value)")
    }
    // A subnormal divisor would make infinities of ordinary pixels.
    for value in std where !(value.isNormal && value > 0) {
      throw .preprocessing(field: "std", expected: "values above 0", found: "\(value)")
    }
  }
}
