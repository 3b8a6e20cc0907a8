extension FixedWidthInteger {
  /// A number's whole part; the nearest there is for one beyond the range, 0 for NaN.
  ///
  /// `Int(x)` ends the program for what no Int holds, and no number that comes from outside may do that.
  @inlinable package init(saturating value: some BinaryFloatingPoint) {
    if let whole = Self(exactly: value.rounded(.towardZero)) {
      self = whole
    } else {
      self = value.isNaN ? 0 : value < 0 ? .min : .max
    }
  }
}
