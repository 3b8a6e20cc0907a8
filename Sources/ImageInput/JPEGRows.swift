import CJPEG

/// One JPEG, decoded row by row.
struct JPEGRows: RowSource {
  /// Pixels beyond the wanted columns that are decoded too: upsampled chroma looks at its neighbours.
  private static let margin = 8
  /// What libjpeg holds beside samples and coefficients: tables, and pools not yet full.
  private static let fixedByteCount = 256 << 10

  let width: Int
  let height: Int
  let coding: ImageHead.Coding
  let scanCount: Int
  let codedByteCount: Int
  let orientation: Orientation
  /// Rows of samples; and all coefficients of a JPEG in several scans.
  let decodingByteCount: Int
  private let handle: Handle
  private var decoder: OpaquePointer { handle.decoder }
  private let isCMYK: Bool
  private let scanLimit: Int

  /// Frees the decoder.
  private final class Handle: Sendable {
    nonisolated(unsafe) let decoder: OpaquePointer

    init(memoryLimit: Int) throws(ImageError) {
      guard let decoder = cjpeg_create(memoryLimit) else { throw .tooMuchMemory(.jpeg) }
      self.decoder = decoder
    }

    deinit { cjpeg_destroy(decoder) }
  }

  /// Reads the header of `bytes`, which must stay where they are as long as this lives.
  /// - Throws: `ImageError` for damage, a kind that is not read, or a size beyond `limits`.
  init(_ bytes: UnsafeBufferPointer<UInt8>, _ file: ByteReader, limits: ImageLimits) throws(ImageError) {
    handle = try Handle(memoryLimit: limits.decodingByteLimit)
    var header = CJPEGHeader()
    try Self.check(cjpeg_read_header(handle.decoder, bytes.baseAddress, bytes.count, &header), scans: 1)
    width = Int(header.width)
    height = Int(header.height)
    codedByteCount = bytes.count
    isCMYK = header.cmyk != 0
    guard header.arithmetic == 0 else { throw .unsupported(.jpeg, "arithmetic coding") }
    try limits.check(width: width, height: height, format: .jpeg)
    scanLimit = limits.scans(pixelCount: width * height)
    let segments = JPEGSegments(file)
    orientation = Orientation(exif: segments.exif, xmp: segments.xmp)
    if header.multiple_scans == 0 {
      (coding, scanCount) = (.sequentialJPEG, 1)
      decodingByteCount = Self.fixedByteCount + Int(clamping: header.row_bytes)
    } else {
      coding = .progressiveJPEG
      // One more than allowed is enough to refuse it.
      let counted = UInt32(clamping: min(scanLimit, .max - 1) + 1)
      scanCount = max(1, Int(cjpeg_count_scans(bytes.baseAddress, bytes.count, counted)))
      decodingByteCount =
        Self.fixedByteCount + Int(clamping: header.row_bytes + header.coefficient_bytes)
      guard scanCount <= scanLimit else { throw .tooManyScans(limit: scanLimit) }
    }
  }

  /// Decodes what `sink` needs, each side divided by `shrinkage`: 1, 2, 4 or 8.
  func decode(into sink: inout some RowSink & ~Copyable, shrinkage: Int) throws(ImageError) {
    let scans = scanLimit
    let firstColumn = max(0, sink.columns.lowerBound - Self.margin)
    var plan = CJPEGPlan()
    plan.scale_denominator = UInt32(shrinkage)
    plan.first_column = UInt32(firstColumn)
    let scaledWidth = (width + shrinkage - 1) / shrinkage
    plan.column_count = UInt32(min(scaledWidth, sink.columns.upperBound + Self.margin) - firstColumn)
    plan.max_scans = UInt32(clamping: scans)
    var layout = CJPEGRows()
    try Self.check(cjpeg_start(decoder, &plan, &layout), scans: scans)
    let columns = Int(layout.first_column)..<Int(layout.first_column + layout.column_count)
    guard columns.lowerBound <= sink.columns.lowerBound, sink.columns.upperBound <= columns.upperBound
    else { throw .corrupt(.jpeg, "its rows are shorter than its header says") }
    sink.begin(columns: columns)

    try skip(sink.rows.lowerBound, scans: scans)
    for row in sink.rows {
      let target = sink.destination(row: row)
      try Self.check(cjpeg_read_row(decoder, target), scans: scans)
      if isCMYK { Self.convertInvertedCMYK(target, pixels: columns.count) }
      sink.commit(row: row)
    }
    // The last row is decoded even when nobody wants it: only then does libjpeg read on to the end, and
    // notice when there is none.
    let remaining = Int(layout.height) - sink.rows.upperBound
    if remaining > 0 {
      try skip(remaining - 1, scans: scans)
      try Self.check(
        cjpeg_read_row(decoder, sink.destination(row: Int(layout.height) - 1)), scans: scans)
    }
    try Self.check(cjpeg_finish(decoder), scans: scans)
  }

  private func skip(_ rows: Int, scans: Int) throws(ImageError) {
    guard rows > 0 else { return }
    try Self.check(cjpeg_skip_rows(decoder, UInt32(rows)), scans: scans)
  }

  /// `channel = ink · black / 255`, rounded, of inks stored inverted.
  private static func convertInvertedCMYK(_ row: UnsafeMutablePointer<UInt8>, pixels: Int) {
    for pixel in 0..<pixels {
      let black = Int(row[4 * pixel + 3])
      for channel in 0..<3 {
        let ink = 255 - Int(row[4 * pixel + channel])
        // Pillow subtracts the rounded product, and rounds it without dividing.
        let product = ink * black + 128
        row[4 * pixel + channel] = UInt8(clamping: black - ((product >> 8) + product) >> 8)
      }
    }
  }

  private static func check(_ status: CJPEGStatus, scans: Int) throws(ImageError) {
    switch status {
    case CJPEGStatusOK: return
    case CJPEGStatusTruncated: throw .truncated(.jpeg)
    case CJPEGStatusUnsupported: throw .unsupported(.jpeg, "a coding other than 8-bit Huffman")
    case CJPEGStatusTooLarge: throw .sideTooLong(width: 65_501, height: 65_501, limit: 65_500)
    case CJPEGStatusTooManyScans: throw .tooManyScans(limit: scans)
    case CJPEGStatusOutOfMemory: throw .tooMuchMemory(.jpeg)
    default: throw .corrupt(.jpeg, "its coded data make no sense")
    }
  }
}
