import CWebP

/// One WebP, decoded whole; of an animation the first frame on its canvas, as Pillow shows it.
struct WebPRows: RowSource {
  let width: Int
  let height: Int
  let coding: ImageHead.Coding
  let orientation: Orientation
  let scanCount = 1
  var codedByteCount: Int { bitstream.count }
  /// The coded pixels alone: alpha in a chunk of its own is never decoded, as it is dropped anyway.
  private let bitstream: UnsafeBufferPointer<UInt8>
  private let payload: ByteReader
  /// The columns and rows of the canvas that are coded; all but where an animation's first frame is smaller.
  private let columns: Range<Int>
  private let rows: Range<Int>

  /// Reads the header of `bytes`, which must stay where they are as long as this lives.
  /// - Throws: `ImageError` for damage, or a size beyond `limits`.
  init(_ bytes: UnsafeBufferPointer<UInt8>, _ file: ByteReader, limits: ImageLimits) throws(ImageError) {
    var features = WebPBitstreamFeatures()
    try Self.check(WebPGetFeatures(bytes.baseAddress, bytes.count, &features))
    width = Int(features.width)
    height = Int(features.height)
    try limits.check(width: width, height: height, format: .webp)
    let chunks = WebPChunks(file)
    guard chunks.isComplete, let range = chunks.bitstream, let payload = chunks.payload else {
      throw .truncated(.webp)
    }
    bitstream = UnsafeBufferPointer(rebasing: bytes[range])
    self.payload = payload
    let (x, y) = chunks.frameOrigin
    var frame = WebPBitstreamFeatures()
    try Self.check(WebPGetFeatures(bitstream.baseAddress, bitstream.count, &frame))
    columns = x..<(x + Int(frame.width))
    rows = y..<(y + Int(frame.height))
    // A still image's canvas is its pixels'.
    guard columns.upperBound <= width, rows.upperBound <= height,
      features.has_animation != 0 || (columns.count, rows.count) == (width, height)
    else { throw .corrupt(.webp, "its pixels don't fill its canvas") }
    coding = chunks.isLossless ? .losslessWebP : .lossyWebP
    orientation = Orientation(exif: chunks.exif, xmp: chunks.xmp)
  }

  /// The whole image, 4 bytes a pixel; of a lossless one the same again in libwebp, its prefix codes, and
  /// the images that say what is done to 4 × 4 pixels or more. A lossy one's predictions and filters look
  /// back by a row of blocks: at most 100 bytes a column.
  var decodingByteCount: Int {
    let pixels = width * height
    let shared = Self.fixedByteCount + 4 * pixels + 100 * (width + 16)
    return coding == .lossyWebP
      ? shared : shared + 5 * pixels + VP8LCodes.byteLimit(width: width, height: height)
  }

  private static let fixedByteCount = 256 << 10

  func decode(into sink: inout some RowSink & ~Copyable, shrinkage _: Int) throws(ImageError) {
    if coding == .losslessWebP,
      try VP8LCodes.byteCount(payload) > VP8LCodes.byteLimit(width: width, height: height)
    {
      throw .tooMuchMemory(.webp)
    }
    let rowBytes = 4 * width
    let image = AlignedBytes(count: rowBytes * height)
    var configuration = WebPDecoderConfig()
    guard WebPInitDecoderConfig(&configuration) != 0 else { throw .tooMuchMemory(.webp) }
    configuration.output.colorspace = MODE_RGBA
    configuration.output.is_external_memory = 1
    // What the frame does not cover stays black, as it is to Pillow.
    let origin = rowBytes * rows.lowerBound + 4 * columns.lowerBound
    configuration.output.u.RGBA.rgba = image.start + origin
    configuration.output.u.RGBA.stride = Int32(rowBytes)
    configuration.output.u.RGBA.size = rowBytes * height - origin
    try Self.check(WebPDecode(bitstream.baseAddress, bitstream.count, &configuration))
    sink.begin(columns: 0..<width)
    for row in sink.rows {
      sink.destination(row: row).update(from: image.start + row * rowBytes, count: rowBytes)
      sink.commit(row: row)
    }
  }

  private static func check(_ status: VP8StatusCode) throws(ImageError) {
    switch status {
    case VP8_STATUS_OK: return
    case VP8_STATUS_NOT_ENOUGH_DATA, VP8_STATUS_SUSPENDED: throw .truncated(.webp)
    case VP8_STATUS_OUT_OF_MEMORY: throw .tooMuchMemory(.webp)
    case VP8_STATUS_UNSUPPORTED_FEATURE: throw .unsupported(.webp, "a coding beyond still images")
    default: throw .corrupt(.webp, "its coded data make no sense")
    }
  }
}
