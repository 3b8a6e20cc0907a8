/// What one image may cost before it is refused.
package struct ImageLimits: Sendable, Equatable {
  /// Width × height, from the header, before anything is allocated for pixels.
  package var maxPixels: Int
  /// The longer of width and height, from the header.
  package var maxSide: Int
  /// Scans × pixels of a JPEG in several scans, each of which may touch every coefficient.
  package var maxScannedPixels: Int
  /// Scans of a JPEG, however small the image.
  package var maxScans: Int
  /// Bytes libjpeg may hold: a JPEG in several scans keeps all its coefficients, 2 to 6 bytes a pixel.
  package var maxJPEGBytes: Int
  /// Bytes of one ancillary PNG chunk once inflated (colour profile, text).
  package var maxPNGChunkBytes: Int
  /// Bytes of all ancillary PNG chunks together.
  package var maxPNGChunksBytes: Int

  /// Limits for a service that takes photographs; each can be set by itself.
  package init(
    maxPixels: Int = 50_000_000, maxSide: Int = 16_384, maxScannedPixels: Int = 600_000_000,
    maxScans: Int = 500, maxJPEGBytes: Int = 320 << 20, maxPNGChunkBytes: Int = 8 << 20,
    maxPNGChunksBytes: Int = 16 << 20
  ) {
    self.maxPixels = maxPixels
    self.maxSide = maxSide
    self.maxScannedPixels = maxScannedPixels
    self.maxScans = maxScans
    self.maxJPEGBytes = maxJPEGBytes
    self.maxPNGChunkBytes = maxPNGChunkBytes
    self.maxPNGChunksBytes = maxPNGChunksBytes
  }

  /// - Throws: `ImageError.sideTooLong` or `.tooManyPixels`; `.corrupt` for an empty side.
  package func check(width: Int, height: Int, format: ImageFormat) throws(ImageError) {
    guard width > 0, height > 0 else { throw .corrupt(format, "a side of the image is 0") }
    guard width <= maxSide, height <= maxSide else {
      throw .sideTooLong(width: width, height: height, limit: maxSide)
    }
    let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, pixels <= maxPixels else {
      throw .tooManyPixels(width: width, height: height, limit: maxPixels)
    }
  }

  /// The scans a JPEG of this size may have.
  package func scans(width: Int, height: Int) -> Int {
    max(1, min(maxScans, maxScannedPixels / max(1, width * height)))
  }
}
