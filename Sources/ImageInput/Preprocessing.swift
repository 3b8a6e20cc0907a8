/// How a checkpoint wants its images prepared: resize, central crop, normalise.
///
/// `(byte / 255 − mean) / std`, per channel, over the crop of the resized image: torchvision's
/// `Resize(resize_shorter)`, `CenterCrop((crop_height, crop_width))`, `ToTensor()`, `Normalize(mean, std)`.
package struct Preprocessing: Codable, Sendable, Equatable {
  /// The interpolation kernel, widened by the scale when it shrinks an image.
  package enum Filter: String, Codable, Sendable, CaseIterable {
    case bilinear
    case bicubic
  }

  /// The shorter side after resizing, in pixels; the longer is `⌊resizeShorter · long / short⌋`.
  package var resizeShorter: Int
  /// The interpolation of the resize.
  package var filter: Filter
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
    resizeShorter: Int, filter: Filter, cropHeight: Int, cropWidth: Int, mean: [Float], std: [Float]
  ) {
    self.resizeShorter = resizeShorter
    self.filter = filter
    self.cropHeight = cropHeight
    self.cropWidth = cropWidth
    self.mean = mean
    self.std = std
  }

  private enum CodingKeys: String, CodingKey {
    case resizeShorter = "resize_shorter"
    case filter
    case cropHeight = "crop_height"
    case cropWidth = "crop_width"
    case mean
    case std
  }
}
