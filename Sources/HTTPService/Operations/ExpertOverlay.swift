import ImageInput
import Inference

/// A photo as the model saw it, bright and in colour where an expert looks, grey and dark where it doesn't.
struct ExpertOverlay {
  /// The longer side is enlarged to about this many pixels, by a whole factor.
  private static let side = 448
  /// What is left of the light where the expert doesn't look at all.
  private static let shade: Float = 0.2

  let image: RGBImage

  /// - Parameters:
  ///   - photo: H × W.
  ///   - weights: of the expert's slots; their mean is shown, the largest patch brightest.
  init(_ photo: RGBImage, _ weights: ExpertWeights, of layer: RoutedLayer) {
    let patches = (0..<layer.gridRows * layer.gridColumns).map { patch in
      weights.slots.reduce(0) { $0 + $1.patches[patch] }
    }
    let peak = max(patches.max() ?? 0, .leastNormalMagnitude)
    let factor = max(1, Self.side / max(photo.width, photo.height))
    let (width, height) = (photo.width * factor, photo.height * factor)
    var pixels = [UInt8](repeating: 0, count: width * height * 3)
    for row in 0..<height {
      for column in 0..<width {
        let source = 3 * (row / factor * photo.width + column / factor)
        let patch = row * layer.gridRows / height * layer.gridColumns + column * layer.gridColumns / width
        let light = patches[patch] / peak
        let (r, g, b) = (
          Float(photo.pixels[source]), Float(photo.pixels[source + 1]), Float(photo.pixels[source + 2])
        )
        // Rec. 601's luma.
        let grey = 0.299 * r + 0.587 * g + 0.114 * b
        let target = 3 * (row * width + column)
        for (channel, value) in [r, g, b].enumerated() {
          let shown = Self.shade * (1 - light) * grey + light * value
          pixels[target + channel] = UInt8(saturating: shown.rounded())
        }
      }
    }
    image = RGBImage(width: width, height: height, pixels: pixels)
  }
}
