extension Preprocessing {
  /// No side may be longer, in pixels.
  package static let longestSide = 16_384

  /// Checks what a file may have got wrong: afterwards `(x − mean) / std` is finite for every x in [0, 1],
  /// and no arithmetic of sizes overflows.
  /// - Throws: `ImageError.preprocessing` naming the first field that cannot be used.
  package func validate() throws(ImageError) {
    var sides = [("crop_height", cropHeight), ("crop_width", cropWidth)]
    switch resize {
    case .shorter(let side): sides.append(("resize_shorter", side))
    case .sides(let height, let width): sides += [("resize", height), ("resize", width)]
    }
    for (field, side) in sides {
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
    for value in std where !(value.isNormal && value > 0) {
      throw .preprocessing(field: "std", expected: "values above 0, not subnormal", found: "\(value)")
    }
    for (mean, std) in zip(mean, std) {
      // What lies between the ends is finite when they are: rounding keeps order.
      guard ((0 - mean) / std).isFinite, ((1 - mean) / std).isFinite else {
        throw .preprocessing(
          field: "(x - mean) / std", expected: "finite for x from 0 to 1",
          found: "infinity for mean \(mean) and std \(std)")
      }
    }
  }
}
