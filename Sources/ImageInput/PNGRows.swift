import CSPNG

/// One PNG, decoded row by row, or whole when it is interlaced.
struct PNGRows: RowSource {
  let width: Int
  let height: Int
  let coding: ImageHead.Coding
  let orientation: Orientation
  let scanCount = 1
  let codedByteCount: Int
  private let reader: PNGReader
  private var context: OpaquePointer { reader.context }
  /// Gray of 16 bits is clipped to 8, as Pillow does; all else of 16 bits keeps its high byte.
  private let isWideGray: Bool

  /// Reads the header of `bytes`, which must stay where they are as long as this lives.
  /// - Throws: `ImageError` for damage or a size beyond `limits`.
  init(_ bytes: UnsafeBufferPointer<UInt8>, _ file: ByteReader, limits: ImageLimits) throws(ImageError) {
    reader = try PNGReader(bytes)
    var header = spng_ihdr()
    try Self.check(spng_get_ihdr(reader.context, &header))
    width = Int(header.width)
    height = Int(header.height)
    coding = header.interlace_method == 0 ? .png : .interlacedPNG
    isWideGray = header.bit_depth == 16 && header.color_type == UInt8(SPNG_COLOR_TYPE_GRAYSCALE.rawValue)
    try limits.check(width: width, height: height, format: .png)
    let chunks = PNGChunks(file)
    codedByteCount = chunks.imageByteCount
    orientation = Orientation(exif: chunks.exif, xmp: chunks.xmp)
  }

  /// Two rows of at most 8 bytes a pixel before conversion, zlib's window; and the image when interlaced.
  var decodingByteCount: Int {
    Self.fixedByteCount + 16 * width + (coding == .interlacedPNG ? rowBytes * height + rowBytes : 0)
  }

  private static let fixedByteCount = 128 << 10

  func decode(into sink: inout some RowSink & ~Copyable, shrinkage _: Int) throws(ImageError) {
    sink.begin(columns: 0..<width)
    if coding == .interlacedPNG {
      try decodeWhole(into: &sink)
    } else {
      try decodeRows(into: &sink)
    }
  }

  private var format: Int32 { Int32(isWideGray ? SPNG_FMT_PNG.rawValue : SPNG_FMT_RGBA8.rawValue) }
  private var rowBytes: Int { width * (isWideGray ? 2 : 4) }

  private func decodeRows(into sink: inout some RowSink & ~Copyable) throws(ImageError) {
    try Self.check(
      spng_decode_image(context, nil, 0, format, Int32(SPNG_DECODE_PROGRESSIVE.rawValue)))
    for row in 0..<height {
      let target = sink.destination(row: row)
      let status = spng_decode_scanline(context, target, rowBytes)
      guard status == 0 || (status == SPNG_EOI.rawValue && row == height - 1) else {
        throw Self.error(status)
      }
      if isWideGray { Self.widen(target, from: target, pixels: width) }
      sink.commit(row: row)
    }
  }

  private func decodeWhole(into sink: inout some RowSink & ~Copyable) throws(ImageError) {
    let image = AlignedBytes(count: rowBytes * height)
    try Self.check(spng_decode_image(context, image.start, rowBytes * height, format, 0))
    for row in sink.rows {
      let target = sink.destination(row: row)
      let source = image.start + row * rowBytes
      if isWideGray {
        Self.widen(target, from: source, pixels: width)
      } else {
        target.update(from: source, count: rowBytes)
      }
      sink.commit(row: row)
    }
  }

  /// Gray of 16 bits in this machine's byte order to RGBX. Backwards, so that it may work in place.
  private static func widen(
    _ target: UnsafeMutablePointer<UInt8>, from source: UnsafePointer<UInt8>, pixels: Int
  ) {
    let raw = UnsafeRawPointer(source)
    for pixel in (0..<pixels).reversed() {
      let gray = UInt8(clamping: raw.loadUnaligned(fromByteOffset: 2 * pixel, as: UInt16.self))
      for channel in 0..<4 { target[4 * pixel + channel] = gray }
    }
  }

  static func check(_ status: Int32) throws(ImageError) {
    if status != 0 { throw error(status) }
  }

  private static func error(_ status: Int32) -> ImageError {
    switch spng_errno(status) {
    case SPNG_EMEM, SPNG_EOVERFLOW: .tooMuchMemory(.png)
    case SPNG_EOF, SPNG_EIDAT_TOO_SHORT, SPNG_IO_EOF: .truncated(.png)
    case SPNG_IO_ERROR: .corrupt(.png, "a checksum does not match")
    case SPNG_EWIDTH, SPNG_EHEIGHT: .corrupt(.png, "a side of the image is 0 or beyond the format")
    default: .corrupt(.png, "its chunks make no sense")
    }
  }
}
