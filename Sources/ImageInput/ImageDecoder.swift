/// Turns an image file into the pixels a model wants.
///
/// Orientation is applied, alpha is dropped without compositing, gray and palettes become red, green and
/// blue; then `Preprocessing`. A decoder holds no state between images and may be shared by threads.
package struct ImageDecoder: Sendable {
  /// What is done to each image.
  package let preprocessing: Preprocessing
  /// What one image may cost.
  package let limits: ImageLimits
  /// How faithfully JPEGs are decoded.
  package let mode: DecodeMode
  private let normalisation: Normalisation

  /// - Throws: `ImageError.preprocessing` when `preprocessing` cannot be used.
  package init(
    preprocessing: Preprocessing, limits: ImageLimits = ImageLimits(), mode: DecodeMode = .exact
  ) throws(ImageError) {
    try preprocessing.validate()
    self.preprocessing = preprocessing
    self.limits = limits
    self.mode = mode
    normalisation = Normalisation(preprocessing)
  }

  /// The crop as bytes, [crop height, crop width, 3].
  /// - Parameter bytes: a whole JPEG, PNG or WebP file; its name and type are never asked for.
  /// - Throws: `ImageError`; sizes are judged from the header, before memory is taken for pixels.
  /// - Cost: a JPEG or plain PNG is resized while it is decoded, so that memory grows with the image's width
  ///   and not its area; a progressive JPEG, an interlaced PNG and a WebP are held whole.
  package func pixels(from bytes: [UInt8]) throws(ImageError) -> RGBImage {
    try decode(bytes) { geometry, shrinkage in
      Resampler(geometry, filter: preprocessing.filter, shrinkage: shrinkage)
    }.image()
  }

  /// The crop normalised, [crop height, crop width, 3]: `(byte / 255 − mean) / std` in float32.
  /// - Throws: as `pixels(from:)`.
  package func tensor(from bytes: [UInt8]) throws(ImageError) -> [Float] {
    normalisation.apply(to: try pixels(from: bytes).pixels)
  }

  /// Decodes what the sink made for this image needs, and returns that sink.
  package func decode<Sink: RowSink & ~Copyable>(
    _ bytes: [UInt8], makeSink: (Geometry, Int) -> Sink
  ) throws(ImageError) -> Sink {
    guard !bytes.isEmpty else { throw .empty }
    guard let format = ImageFormat(detecting: bytes) else { throw .unknownFormat }
    let file = ByteReader(bytes)
    return try bytes.span.withUnsafeBufferPointer { (buffer) throws(ImageError) -> Sink in
      switch format {
      case .jpeg:
        let rows = try JPEGRows(buffer, limits: limits)
        let segments = JPEGSegments(file)
        let geometry = geometry(rows.width, rows.height, Orientation(exif: segments.exif, xmp: segments.xmp))
        let shrinkage = mode == .fast ? geometry.shrinkage : 1
        var sink = makeSink(geometry, shrinkage)
        try rows.decode(into: &sink, shrinkage: shrinkage)
        return sink
      case .png:
        let rows = try PNGRows(buffer, limits: limits)
        let chunks = PNGChunks(file)
        guard chunks.isComplete else { throw .truncated(.png) }
        let orientation = Orientation(exif: chunks.exif, xmp: chunks.xmp)
        var sink = makeSink(geometry(rows.width, rows.height, orientation), 1)
        try rows.decode(into: &sink)
        return sink
      case .webp:
        let rows = try WebPRows(buffer, limits: limits)
        let chunks = WebPChunks(file)
        let orientation = Orientation(exif: chunks.exif, xmp: chunks.xmp)
        var sink = makeSink(geometry(rows.width, rows.height, orientation), 1)
        try rows.decode(into: &sink)
        return sink
      }
    }
  }

  private func geometry(_ width: Int, _ height: Int, _ orientation: Orientation) -> Geometry {
    Geometry(width: width, height: height, orientation: orientation, preprocessing: preprocessing)
  }
}
