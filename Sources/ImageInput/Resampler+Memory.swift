extension Resampler {
  /// Whether the first pass runs across the stored rows.
  static func blendsFirst(_ geometry: Geometry) -> Bool {
    geometry.orientation.isTransposed != geometry.verticalComesFirst
  }

  /// The most bytes that a resampler of these arguments holds, its result left out.
  ///
  /// Its rows: the ring, the row that arrives, that row's pairs and the finished one. And its weights: as
  /// many for each output of an axis as the kernel is wide, 4 bytes each, twice where an axis is reversed, and
  /// 16 packed, once for each axis and once more along rows.
  static func byteCount(_ geometry: Geometry, kernel: Preprocessing.Kernel, shrinkage: Int) -> Int {
    let isTransposed = geometry.orientation.isTransposed
    let horizontalTaps = geometry.horizontalTapCount(kernel, shrinkage: shrinkage)
    let verticalTaps = geometry.verticalTapCount(kernel, shrinkage: shrinkage)
    let arriving = padded(Geometry.shrunk(geometry.storedWidth, by: shrinkage))
    let resized = padded((isTransposed ? geometry.vertical : geometry.horizontal).kept.count)
    let ringTaps = isTransposed ? horizontalTaps : verticalTaps
    let ring = ringTaps * (blendsFirst(geometry) ? arriving : resized)
    let weights =
      geometry.horizontal.kept.count * (horizontalTaps + 4) + geometry.vertical.kept.count
      * (verticalTaps + 4)
    return ring + 3 * arriving + resized + 48 * weights
  }
}
