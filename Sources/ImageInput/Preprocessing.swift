/// How an image file becomes the pixels that a model was trained on.
///
/// It is the section `preprocessing` of a checkpoint: torchvision's `Resize(resizeShorter)`,
/// `CenterCrop((cropHeight, cropWidth))`, `ToTensor()`, `Normalize(mean, std)`.
public struct Preprocessing: Codable, Sendable, Equatable {
  /// The resampling filter, as Pillow defines it.
  public enum Filter: String, Codable, Sendable, CaseIterable {
    /// Triangle, support 1.
    case bilinear
    /// Cubic with a = −0.5, support 2.
    case bicubic
  }

  /// The shorter side after the resize, in pixels.
  public var resizeShorter: Int
  /// How the resize interpolates.
  public var filter: Filter
  /// Height of the central crop, the model's input.
  public var cropHeight: Int
  /// Width of the central crop, the model's input.
  public var cropWidth: Int
  /// Taken off pixel/255, a value a channel.
  public var mean: [Float]
  /// Divided by after that, a value a channel.
  public var std: [Float]

  /// All values, in the order in which they are applied.
  public init(
    resizeShorter: Int, filter: Filter, cropHeight: Int, cropWidth: Int, mean: [Float], std: [Float]
  ) {
    self.resizeShorter = resizeShorter
    self.filter = filter
    self.cropHeight = cropHeight
    self.cropWidth = cropWidth
    self.mean = mean
    self.std = std
  }

  enum CodingKeys: String, CodingKey {
    case filter, mean, std
    case resizeShorter = "resize_shorter"
    case cropHeight = "crop_height"
    case cropWidth = "crop_width"
  }
}
