/// Where every surviving pixel of a stored image comes from and goes to.
package struct Geometry: Sendable {
  package let orientation: Orientation
  /// The upright image's axes.
  package let horizontal: AxisCrop
  package let vertical: AxisCrop
  package let cropWidth: Int
  package let cropHeight: Int
  /// The stored image, in pixels.
  package let storedWidth: Int
  package let storedHeight: Int

  /// torchvision's `Resize(int)`, or its `Resize((height, width))` to the crop, and `CenterCrop` of the upright image.
  /// - Precondition: sides at least 1; `preprocessing` is valid.
  package init(width: Int, height: Int, orientation: Orientation, preprocessing: Preprocessing) {
    self.orientation = orientation
    storedWidth = width
    storedHeight = height
    cropWidth = preprocessing.cropWidth
    cropHeight = preprocessing.cropHeight
    let (uprightWidth, uprightHeight) = orientation.isTransposed ? (height, width) : (width, height)
    // No format's side is beyond 2³¹ and no resized one beyond 2¹⁴, so that their product fits.
    let (resizedWidth, resizedHeight) =
      switch preprocessing.resize {
      case .sides(let height, let width): (width, height)
      case .shorter(let short) where uprightWidth <= uprightHeight:
        (short, short * uprightHeight / uprightWidth)
      case .shorter(let short): (short * uprightWidth / uprightHeight, short)
      }
    horizontal = AxisCrop(resized: resizedWidth, crop: cropWidth)
    vertical = AxisCrop(resized: resizedHeight, crop: cropHeight)
  }

  /// The stored axis that becomes upright x or y.
  private var storedX: Int { orientation.isTransposed ? storedHeight : storedWidth }
  private var storedY: Int { orientation.isTransposed ? storedWidth : storedHeight }

  /// Whether upright y is resized before upright x: what Pillow 13 does where that saves more than half of the
  /// rows for each column; measured, since each pass rounds and the order shows.
  package var verticalComesFirst: Bool {
    vertical.resized < storedY && 2 * (storedX - horizontal.resized) < storedY - vertical.resized
  }

  /// The most a decoder may shrink both sides by, of 8, 4, 2 and 1, and still be no smaller than the resize
  /// wants: Pillow's rule for `draft`.
  package var shrinkage: Int {
    [8, 4, 2].first { storedX / horizontal.resized >= $0 && storedY / vertical.resized >= $0 } ?? 1
  }

  /// Weights of upright x over the stored axis it comes from, that axis shrunk by `shrinkage`.
  package func horizontalWeights(_ kernel: Preprocessing.Kernel, shrinkage: Int) -> AxisWeights {
    weights(horizontal, storedX, kernel, shrinkage, reversed: orientation.reversesX)
  }

  /// Weights of upright y over the stored axis it comes from, that axis shrunk by `shrinkage`.
  package func verticalWeights(_ kernel: Preprocessing.Kernel, shrinkage: Int) -> AxisWeights {
    weights(vertical, storedY, kernel, shrinkage, reversed: orientation.reversesY)
  }

  /// The most samples of the stored axis, shrunk by `shrinkage`, that one upright x is made of.
  func horizontalTapCount(_ kernel: Preprocessing.Kernel, shrinkage: Int) -> Int {
    kernel.tapCount(samples: Self.shrunk(storedX, by: shrinkage), resized: horizontal.resized)
  }

  /// The most samples of the stored axis, shrunk by `shrinkage`, that one upright y is made of.
  func verticalTapCount(_ kernel: Preprocessing.Kernel, shrinkage: Int) -> Int {
    kernel.tapCount(samples: Self.shrunk(storedY, by: shrinkage), resized: vertical.resized)
  }

  /// Samples of an axis that a decoder shrank.
  static func shrunk(_ samples: Int, by shrinkage: Int) -> Int { (samples + shrinkage - 1) / shrinkage }

  private func weights(
    _ axis: AxisCrop, _ stored: Int, _ kernel: Preprocessing.Kernel, _ shrinkage: Int, reversed: Bool
  ) -> AxisWeights {
    let samples = Self.shrunk(stored, by: shrinkage)
    let weights = AxisWeights(
      kernel: kernel, extent: Double(stored) / Double(shrinkage), samples: samples, resized: axis.resized,
      kept: axis.kept)
    return reversed ? weights.reversed(samples: samples) : weights
  }
}
