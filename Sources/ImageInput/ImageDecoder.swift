/// Turns an image file into the pixels a model wants.
///
/// Orientation is applied, alpha is dropped without compositing, gray and palettes become red, green and
/// blue; then `Preprocessing`. A decoder holds no state between images and may be shared by threads.
///
/// Each call takes the bytes of a whole JPEG, PNG or WebP file, which may lie within a larger body and are
/// not copied; the file's name and type are never asked for.
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

  /// What decoding the image would cost, and whether its head already refuses it.
  /// - Throws: `ImageError`: every refusal but those for damage behind the head.
  /// - Cost: microseconds, and no memory for pixels. A JPEG in several scans is searched for their markers, a
  ///   PNG for the heads of its chunks.
  package func head(of bytes: ArraySlice<UInt8>) throws(ImageError) -> ImageHead {
    try withSource(of: bytes) { source, geometry throws(ImageError) in
      try head(of: source, geometry)
    }
  }

  /// The crop as bytes, [crop height, crop width, 3].
  /// - Throws: `ImageError`; whatever `head(of:)` refuses is refused before memory is taken for pixels.
  /// - Cost: a JPEG or plain PNG is resized while it is decoded, so that memory grows with the image's width
  ///   and not its area; a progressive JPEG, an interlaced PNG and a WebP are held whole.
  package func pixels(from bytes: ArraySlice<UInt8>) throws(ImageError) -> RGBImage {
    try decode(bytes) { geometry, shrinkage in
      Resampler(geometry, kernel: preprocessing.kernel, shrinkage: shrinkage)
    }.image()
  }

  /// The crop normalised, [crop height, crop width, 3]: `(byte / 255 − mean) / std` in float32, all finite.
  /// - Throws: as `pixels(from:)`.
  package func tensor(from bytes: ArraySlice<UInt8>) throws(ImageError) -> [Float] {
    tensor(of: try pixels(from: bytes))
  }

  /// A crop normalised, as `tensor(from:)` does it.
  package func tensor(of crop: RGBImage) -> [Float] { normalisation.apply(to: crop.pixels) }

  /// Decodes what the sink made for this image needs, and returns that sink.
  package func decode<Sink: RowSink & ~Copyable>(
    _ bytes: ArraySlice<UInt8>, makeSink: (Geometry, Int) -> Sink
  ) throws(ImageError) -> Sink {
    try withSource(of: bytes) { source, geometry throws(ImageError) in
      let shrinkage = try head(of: source, geometry).shrinkage
      var sink = makeSink(geometry, shrinkage)
      try source.decode(into: &sink, shrinkage: shrinkage)
      return sink
    }
  }

  private func head(
    of source: some RowSource, _ geometry: Geometry
  ) throws(ImageError) -> ImageHead {
    let head = ImageHead(
      source, geometry: geometry, kernel: preprocessing.kernel, mode: mode)
    guard head.decodingByteCount <= limits.decodingByteLimit else { throw .tooMuchMemory(head.format) }
    return head
  }

  /// Opens the file as long as `body` runs.
  private func withSource<Result: ~Copyable>(
    of bytes: ArraySlice<UInt8>, _ body: (any RowSource, Geometry) throws(ImageError) -> Result
  ) throws(ImageError) -> Result {
    guard !bytes.isEmpty else { throw .empty }
    let file = ByteReader(bytes)
    guard let format = ImageFormat(detecting: file) else {
      throw ForeignFormat(detecting: file).map { .foreign($0) } ?? .unknownFormat
    }
    return try bytes.span.withUnsafeBufferPointer { (buffer) throws(ImageError) -> Result in
      let source: any RowSource =
        switch format {
        case .jpeg: try JPEGRows(buffer, file, limits: limits)
        case .png: try PNGRows(buffer, file, limits: limits)
        case .webp: try WebPRows(buffer, file, limits: limits)
        }
      let geometry = Geometry(
        width: source.width, height: source.height, orientation: source.orientation,
        preprocessing: preprocessing)
      return try body(source, geometry)
    }
  }
}

extension ImageDecoder {
  /// `head(of:)` of a file by itself.
  package func head(of bytes: [UInt8]) throws(ImageError) -> ImageHead { try head(of: bytes[...]) }

  /// `pixels(from:)` of a file by itself.
  package func pixels(from bytes: [UInt8]) throws(ImageError) -> RGBImage { try pixels(from: bytes[...]) }

  /// `tensor(from:)` of a file by itself.
  package func tensor(from bytes: [UInt8]) throws(ImageError) -> [Float] { try tensor(from: bytes[...]) }
}
