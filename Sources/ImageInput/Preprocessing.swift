/// How a checkpoint wants its images prepared: resize, central crop, normalise.
///
/// `(byte / 255 − mean) / std`, per channel, over the crop of the resized image: torchvision's
/// `Resize`, `CenterCrop((crop_height, crop_width))`, `ToTensor()`, `Normalize(mean, std)`.
package struct Preprocessing: Sendable, Equatable {
  /// What size an image is resized to before the crop.
  package enum Resize: Sendable, Equatable, CustomStringConvertible {
    /// The shorter side in pixels; the longer becomes `⌊shorter · long / short⌋`.
    case shorter(Int)
    /// Both sides in pixels, whatever the image's shape. With the crop's sides nothing is cropped: a squash,
    /// as Hugging Face's ViT and SigLIP processors do it, google-research/vmoe, and timm's `crop_mode` "squash".
    case sides(height: Int, width: Int)

    package var description: String {
      switch self {
      case .shorter(let side): "\(side)"
      case .sides(let height, let width): "\(height)x\(width)"
      }
    }
  }

  /// The interpolation kernel, by Pillow's names.
  package enum Filter: String, Codable, Sendable, CaseIterable {
    case nearest
    case box
    case bilinear
    case hamming
    case bicubic
    case lanczos
  }

  /// The size before the crop.
  package var resize: Resize
  /// The interpolation of the resize.
  package var filter: Filter
  /// Whether the kernel is widened by the scale when an image shrinks, as Pillow does, and the result
  /// rounded. Without, it is `tf.image.resize`'s (half-pixel centres) cast to bytes, which cuts.
  package var antialias: Bool
  /// Rows of the crop; zeros surround an image that has fewer.
  package var cropHeight: Int
  /// Columns of the crop; zeros surround an image that has fewer.
  package var cropWidth: Int
  /// What is subtracted from red, green, blue in [0, 1].
  package var mean: [Float]
  /// What red, green, blue are then divided by.
  package var std: [Float]

  /// Takes any values; `validate()` judges them.
  package init(
    resize: Resize, filter: Filter, antialias: Bool = true, cropHeight: Int, cropWidth: Int, mean: [Float],
    std: [Float]
  ) {
    self.resize = resize
    self.filter = filter
    self.antialias = antialias
    self.cropHeight = cropHeight
    self.cropWidth = cropWidth
    self.mean = mean
    self.std = std
  }

  /// The shorter side resized to `resizeShorter`, with antialiasing.
  package init(
    resizeShorter: Int, filter: Filter, cropHeight: Int, cropWidth: Int, mean: [Float], std: [Float]
  ) {
    self.init(
      resize: .shorter(resizeShorter), filter: filter, cropHeight: cropHeight, cropWidth: cropWidth,
      mean: mean, std: std)
  }
}
