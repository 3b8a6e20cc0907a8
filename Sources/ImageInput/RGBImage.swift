/// Pixels of 8 bits a channel.
package struct RGBImage: Sendable, Equatable {
  /// Columns.
  package let width: Int
  /// Rows.
  package let height: Int
  /// [height, width, 3], row-major; red, green, blue.
  package let pixels: [UInt8]

  /// Takes pixels as they are.
  /// - Precondition: `pixels` holds `width · height · 3` values.
  package init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(pixels.count == width * height * 3)
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}
