import CWebP

/// One still WebP, decoded whole.
package struct WebPRows {
  package let width: Int
  package let height: Int
  private let bytes: UnsafeBufferPointer<UInt8>

  /// Reads the header of `bytes`, which must stay where they are as long as this lives.
  /// - Throws: `ImageError` for damage, an animation, or a size beyond `limits`.
  package init(_ bytes: UnsafeBufferPointer<UInt8>, limits: ImageLimits) throws(ImageError) {
    self.bytes = bytes
    var features = WebPBitstreamFeatures()
    try Self.check(WebPGetFeatures(bytes.baseAddress, bytes.count, &features))
    guard features.has_animation == 0 else { throw .unsupported(.webp, "an animation") }
    width = Int(features.width)
    height = Int(features.height)
    try limits.check(width: width, height: height, format: .webp)
  }

  package func decode(into sink: inout some RowSink & ~Copyable) throws(ImageError) {
    let rowBytes = 4 * width
    let image = AlignedBytes(count: rowBytes * height)
    var configuration = WebPDecoderConfig()
    guard WebPInitDecoderConfig(&configuration) != 0 else { throw .tooMuchMemory(.webp) }
    configuration.output.colorspace = MODE_RGBA
    configuration.output.is_external_memory = 1
    configuration.output.u.RGBA.rgba = image.start
    configuration.output.u.RGBA.stride = Int32(rowBytes)
    configuration.output.u.RGBA.size = rowBytes * height
    try Self.check(WebPDecode(bytes.baseAddress, bytes.count, &configuration))
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
