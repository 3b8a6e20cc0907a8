import Kernels

/// What a forward pass has to do at least: floating-point operations and bytes of weights.
///
/// Axes: m tokens, d width, a all heads' width, h MLP width, s slots, g an expert's width, w the width of what
/// slots are mixed from, c classes. Softmaxes, norms, GELU and copies are not counted; they are a few in a thousand.
public struct ModelCost: Sendable, Equatable {
  /// Operations for an image, without the experts'.
  public let flopPerImage: Double
  /// The experts' operations for an image.
  public let expertFlopPerImage: Double
  /// Bytes of the experts' matrices: read once a batch.
  public let expertBytes: Double
  /// Bytes of all weights.
  public let weightBytes: Double

  /// Counts a model.
  ///
  /// - Parameters:
  ///   - expertBytes: of the experts' matrices as they are stored.
  ///   - weightBytes: of all of them.
  public init(_ model: ModelConfiguration, expertBytes: Int, weightBytes: Int) {
    let (m, d) = (Double(model.tokenCount), Double(model.width))
    let patch = Double(model.patchCount * model.patchSize * model.patchSize * 3)
    let a = Double(model.attentionWidth)
    let attention = 2 * m * d * 4 * a + 4 * m * m * a
    let mlp = (model.gatedMLP ? 6 : 4) * m * d * Double(model.mlpWidth)
    let moeCount = Double(model.moeLayers.count)
    let s = Double(model.moe?.slotCount ?? 0)
    let g = Double(model.moe?.expertWidth ?? 0)
    let isSecondProduct = model.moe?.expertKind == .secondProduct
    // The router's product, and a soft one's dispatch, 2·m·s·w each, and combine, 2·m·s·d.
    let mixing = model.moe?.router == .soft ? 2 * m * s * (Double(model.slotWidth) + d) : 0
    let firstProduct = isSecondProduct ? 2 * m * d * g : 0
    let routing = 2 * m * s * Double(model.slotWidth) + mixing + firstProduct
    let rows = Double(model.moe?.rowCount(tokenCount: model.tokenCount) ?? 0)
    flopPerImage =
      2 * patch * d + Double(model.depth) * attention + (Double(model.depth) - moeCount) * mlp
      + moeCount * routing + 2 * Double(model.featureWidth * model.classCount)
    let products: Double = isSecondProduct ? 1 : model.moe?.gated == true ? 3 : 2
    expertFlopPerImage = moeCount * 2 * products * rows * d * g
    (self.expertBytes, self.weightBytes) = (Double(expertBytes), Double(weightBytes))
  }

  /// Operations for a batch.
  public func flop(imageCount: Int) -> Double {
    (flopPerImage + expertFlopPerImage) * Double(imageCount)
  }

  /// The shortest time that a machine's limits allow for a batch, in seconds: everything but the experts at
  /// the peak, and the experts' weights read or their products computed, whichever takes longer.
  public func rooflineSeconds(imageCount: Int, _ limits: MachineLimits) -> Double {
    let (peak, bandwidth) = (limits.gigaflopsPerSecond * 1e9, limits.gigabytesPerSecond * 1e9)
    let experts = max(expertBytes / bandwidth, expertFlopPerImage * Double(imageCount) / peak)
    return flopPerImage * Double(imageCount) / peak + experts
  }
}
