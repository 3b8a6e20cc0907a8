import CSPNG
import Glibc

extension RGBImage {
  /// The image as a PNG of 8 bits a channel, nil where there is no memory for it.
  package func png() -> [UInt8]? {
    guard let context = spng_ctx_new(Int32(SPNG_CTX_ENCODER.rawValue)) else { return nil }
    defer { spng_ctx_free(context) }
    var header = spng_ihdr()
    (header.width, header.height) = (UInt32(width), UInt32(height))
    (header.bit_depth, header.color_type) = (8, UInt8(SPNG_COLOR_TYPE_TRUECOLOR.rawValue))
    guard spng_set_option(context, SPNG_ENCODE_TO_BUFFER, 1) == 0, spng_set_ihdr(context, &header) == 0,
      spng_encode_image(
        context, pixels, pixels.count, Int32(SPNG_FMT_PNG.rawValue), Int32(SPNG_ENCODE_FINALIZE.rawValue))
        == 0
    else { return nil }
    var count = 0
    var status: Int32 = 0
    guard let buffer = spng_get_png_buffer(context, &count, &status) else { return nil }
    defer { free(buffer) }
    return [UInt8](UnsafeRawBufferPointer(start: buffer, count: count))
  }
}
