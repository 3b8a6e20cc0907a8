/// Pixels of 8 bits a channel.
public struct RGBImage: Sendable, Equatable {
  /// Columns.
  public let width: Int
  /// Rows.
  public let height: Int
  /// [height, width, 3], row-major; red, green, blue.
  public let pixels: [UInt8]

  /// Takes pixels as they are.
  /// - Precondition: `pixels` holds `width · height · 3` values.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(pixels.count == width * height * 3)
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}
