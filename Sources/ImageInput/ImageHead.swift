/// What the head of an image file says, and so what decoding it will cost.
package struct ImageHead: Sendable, Equatable {
  /// How the pixels are coded, as far as it matters for cost.
  package enum Coding: String, Sendable, CaseIterable {
    /// A JPEG in one scan: decoded row by row.
    case sequentialJPEG
    /// A JPEG in several scans, progressive or not: all coefficients are held.
    case progressiveJPEG
    /// A PNG decoded row by row.
    case png
    /// A PNG whose rows come in seven passes: held whole.
    case interlacedPNG
    /// A WebP, which is held whole.
    case lossyWebP
    case losslessWebP

    package var format: ImageFormat {
      switch self {
      case .sequentialJPEG, .progressiveJPEG: .jpeg
      case .png, .interlacedPNG: .png
      case .lossyWebP, .losslessWebP: .webp
      }
    }
  }

  package let coding: Coding
  /// The stored image's columns and rows, before it is turned upright.
  package let width: Int
  package let height: Int
  /// Passes over the pixels that the file is coded in: 1 for all but a JPEG in several scans.
  package let scanCount: Int
  /// What a JPEG's sides are divided by while it is decoded: 1, or 2, 4 or 8 in the fast mode.
  package let shrinkage: Int
  /// Bytes of the file that pixels are made of: all of a JPEG, the others less their metadata.
  package let codedByteCount: Int
  /// Pixels that come out of the resize and crop.
  package let outputPixelCount: Int
  /// The most bytes that decoding holds at a time, the file left out: what the library holds
  /// (`RowSource.decodingByteCount`), the resampler (`Resampler.byteCount`), and the result as bytes and as
  /// floats, 15 for each output pixel.
  package let decodingByteCount: Int

  package var format: ImageFormat { coding.format }
  package var pixelCount: Int { width * height }

  init(
    _ source: some RowSource, geometry: Geometry, kernel: Preprocessing.Kernel, mode: DecodeMode
  ) {
    coding = source.coding
    (width, height) = (source.width, source.height)
    scanCount = source.scanCount
    shrinkage = mode == .fast && coding.format == .jpeg ? geometry.shrinkage : 1
    codedByteCount = source.codedByteCount
    outputPixelCount = geometry.cropWidth * geometry.cropHeight
    decodingByteCount =
      source.decodingByteCount + Resampler.byteCount(geometry, kernel: kernel, shrinkage: shrinkage)
      + 15 * outputPixelCount
  }
}
