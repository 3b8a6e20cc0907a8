import Checkpoint
import SoftMoEViT

/// What import adds to a checkpoint for its self-proof.
extension SelfProof {
  /// The probe image, and zeros in place of its result until the model can compute it.
  ///
  /// - Parameter image: the user's, [H, W, 3]; nil takes one made here.
  static func placeholders(for model: ModelConfiguration, image: [Float]? = nil) -> [PlannedTensor] {
    let image = image ?? probeImage(height: model.imageHeight, width: model.imageWidth)
    return [
      .values(imageName, [model.imageHeight, model.imageWidth, 3], image),
      .values(resultName(model), [model.resultWidth], Array(repeating: 0, count: model.resultWidth)),
    ]
  }

  /// The probe's result, computed by this engine from the file's own weights.
  static func result(ofModelAt path: String) throws -> [Float] {
    let checkpoint = try Checkpoint(path: path)
    let model = try SoftMoEViT(checkpoint)
    var workspace = try Workspace(
      for: model.configuration, maxImageCount: 1, threads: ThreadPool(threadCount: 1),
      kernels: KernelSet(.auto))
    guard let proof = try SelfProof(checkpoint, model.configuration) else { return [] }
    return proof.result(of: model, &workspace)
  }

  /// Smooth waves with noise upon them, in the range of normalised pixels: [H, W, 3].
  private static func probeImage(height: Int, width: Int) -> [Float] {
    var state: UInt32 = 1
    return (0..<height * width * 3).map { index in
      let (pixel, channel) = index.quotientAndRemainder(dividingBy: 3)
      let (y, x) = pixel.quotientAndRemainder(dividingBy: width)
      // A linear congruential generator: the same noise everywhere.
      state = state &* 1_664_525 &+ 1_013_904_223
      let noise = Float(state >> 8) / Float(1 << 24) - 0.5
      let wave = Float((x * (channel + 2) + y * 3) % 32) / 16 - 1
      return 1.5 * wave + noise
    }
  }
}
