/// One axis of an upright image: resized from `input` to `resized` samples, then cropped or padded.
package struct AxisCrop: Sendable, Equatable {
  package let resized: Int
  /// The resized samples that survive the crop.
  package let kept: Range<Int>
  /// Zeros before the first of them.
  package let padding: Int

  /// torchvision's `CenterCrop` along one axis: a crop longer than the axis is filled with zeros, half of
  /// them (rounded down) in front; a shorter one starts at half the difference, halves to even.
  package init(resized: Int, crop: Int) {
    self.resized = resized
    if crop > resized {
      kept = 0..<resized
      padding = (crop - resized) / 2
    } else {
      let difference = resized - crop
      let half = difference / 2
      // An odd difference leaves ½, which goes to the even neighbour.
      let start = difference.isMultiple(of: 2) || half.isMultiple(of: 2) ? half : half + 1
      kept = start..<(start + crop)
      padding = 0
    }
  }
}
