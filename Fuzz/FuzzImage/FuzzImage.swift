import FuzzDriver
import Glibc
import ImageInput

/// Reads the head of each input as a photo that a client might send, and decodes it, exactly and fast, cropped and squashed.
@main struct FuzzImage {
  private static let decoders = [
    decoder(.shorter(36), .bicubic, mode: .exact), decoder(.shorter(36), .bicubic, mode: .fast),
    decoder(.sides(height: 32, width: 32), .lanczos, antialias: false, mode: .exact),
  ]
  .compactMap(\.self)

  private static func decoder(
    _ resize: Preprocessing.Resize, _ filter: Preprocessing.Filter, antialias: Bool = true, mode: DecodeMode
  ) -> ImageDecoder? {
    let preprocessing = Preprocessing(
      resize: resize, filter: filter, antialias: antialias, cropHeight: 32, cropWidth: 32,
      mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5])
    return try? ImageDecoder(preprocessing: preprocessing, limits: limits, mode: mode)
  }

  /// Small, so that an input costs milliseconds.
  private static var limits: ImageLimits {
    var limits = ImageLimits()
    limits.maxPixels = 1 << 18
    return limits
  }

  private static func failure(of bytes: [UInt8], _ decoder: ImageDecoder) -> ImageError? {
    do throws(ImageError) {
      _ = try decoder.pixels(from: bytes)
      return nil
    } catch {
      return error
    }
  }

  static func main() {
    guard decoders.count == 3 else { exit(2) }
    exit(
      fuzz { start, count in
        let bytes = Array(UnsafeBufferPointer(start: start, count: count))
        for decoder in FuzzImage.decoders {
          var head: ImageHead?
          do throws(ImageError) {
            head = try decoder.head(of: bytes)
            precondition(head.map { $0.pixelCount <= 1 << 18 && $0.work > 0 && $0.work.isFinite } ?? false)
            let pixels = try decoder.tensor(from: bytes)
            precondition(pixels.count == 32 * 32 * 3 && pixels.allSatisfy { abs($0) <= 1.001 })
          } catch {
            // What the head refuses, decoding refuses for the same reason.
            if head == nil { precondition(FuzzImage.failure(of: bytes, decoder) == error) }
            precondition("\(error)".utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
          }
        }
        return 0
      })
  }
}
