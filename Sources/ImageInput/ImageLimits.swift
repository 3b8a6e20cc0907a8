/// What one image may cost before it is refused; all of it is judged by the head.
package struct ImageLimits: Sendable, Equatable {
  /// Width × height.
  ///
  /// The default is the whole array of a phone's 50-megapixel sensor, 8192 × 6144. The next size sold, 64
  /// megapixels, would let one progressive JPEG or WebP hold half a gigabyte.
  package var maxPixels: Int
  /// The longer of width and height. What is held while rows are read grows with it, and with nothing else.
  ///
  /// The default is the longest that libjpeg reads; panoramas are wider than any camera's photo.
  package var maxSide: Int
  /// Scans of a JPEG of `maxPixels` that comes in several, each of which may touch every coefficient. One of
  /// fewer pixels may have as many more scans as it is smaller, up to `scanRatio` times.
  package var maxJPEGScans: Int
  /// Bytes that decoding one image may hold at its peak; nil stands for what `maxPixels` of the costliest
  /// coding take.
  package var maxDecodingBytes: Int?

  /// How many times `maxJPEGScans` a small JPEG may have.
  package static let scanRatio = 32

  /// Limits for a service that takes photographs; each can be set by itself.
  package init(
    maxPixels: Int = 8192 * 6144, maxSide: Int = 65_500, maxJPEGScans: Int = 16,
    maxDecodingBytes: Int? = nil
  ) {
    self.maxPixels = maxPixels
    self.maxSide = maxSide
    self.maxJPEGScans = maxJPEGScans
    self.maxDecodingBytes = maxDecodingBytes
  }

  /// `maxDecodingBytes`, or else 10 bytes for each of `maxPixels` and 64 MiB for what grows with a side.
  package var decodingByteLimit: Int {
    if let maxDecodingBytes { return maxDecodingBytes }
    let (bytes, overflow) = maxPixels.multipliedReportingOverflow(by: 10)
    return overflow ? .max : min(bytes, .max - 64 << 20) + 64 << 20
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

  /// The scans that a JPEG of this many pixels may have: `maxJPEGScans · maxPixels / pixelCount`, no fewer
  /// than 1 and no more than `scanRatio · maxJPEGScans`.
  package func scans(pixelCount: Int) -> Int {
    let (scannedPixels, overflow) = maxJPEGScans.multipliedReportingOverflow(by: maxPixels)
    let scans = (overflow ? .max : scannedPixels) / max(pixelCount, 1)
    // Divided and not multiplied, so that no setting overflows.
    return max(1, scans / Self.scanRatio <= maxJPEGScans ? scans : Self.scanRatio * maxJPEGScans)
  }
}
