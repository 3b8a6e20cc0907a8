/// How faithfully a JPEG is decoded before it is resized.
package enum DecodeMode: String, Sendable, CaseIterable {
  /// Every pixel, then the resize: the pixels Pillow and torchvision give, bit for bit.
  case exact
  /// Shrunk by 2, 4 or 8 while decoding where the result is still no smaller than the resize wants, as
  /// Pillow's `draft` does; then resized. Close to `exact`, several times faster on photographs; the same
  /// as `exact` for PNG and WebP.
  case fast
}
