import CheckpointImport
import ImageInput
import SoftMoEViT

/// Image preparations that many checkpoints share.
enum PreprocessingPreset: String, CaseIterable {
  /// timm's evaluation: shorter side to size / 0.875, central crop, ImageNet's mean and deviation.
  case imagenet
  /// The same with values in [−1, 1].
  case inception
  /// The shorter side to the input's size, CIFAR-10's mean and deviation.
  case cifar10
  /// google-research/vmoe's fine-tuned models: both sides to 384 as `tf.image.resize` does without antialiasing, its result
  /// cast to bytes, values in [−1, 1].
  case vmoe384 = "vmoe-384"

  static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

  /// What models of a family usually have.
  static func customary(for imported: CheckpointImport) -> Self {
    let model = imported.configuration
    guard imported.family.isFlax else { return .imagenet }
    let isFineTuned =
      (model.moe?.router ?? .soft) != .soft && (model.imageHeight, model.imageWidth) == (384, 384)
    return isFineTuned ? .vmoe384 : .inception
  }

  func preprocessing(height: Int, width: Int) -> Preprocessing {
    let short = min(height, width)
    let half: [Float] = [0.5, 0.5, 0.5]
    switch self {
    case .imagenet:
      return cropped(short * 8 / 7, height, width, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225])
    case .inception: return cropped(short * 8 / 7, height, width, mean: half, std: half)
    case .cifar10:
      return cropped(short, height, width, mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616])
    case .vmoe384:
      return Preprocessing(
        resize: .sides(height: 384, width: 384), filter: .bilinear, antialias: false, cropHeight: 384,
        cropWidth: 384, mean: half, std: half)
    }
  }

  private func cropped(_ shorter: Int, _ height: Int, _ width: Int, mean: [Float], std: [Float])
    -> Preprocessing
  {
    Preprocessing(
      resizeShorter: shorter, filter: .bicubic, cropHeight: height, cropWidth: width, mean: mean, std: std)
  }
}
