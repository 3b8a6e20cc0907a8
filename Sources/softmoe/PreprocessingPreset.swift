import ImageInput

/// Image preparations that many checkpoints share.
enum PreprocessingPreset: String, CaseIterable {
  /// timm's evaluation: shorter side to size / 0.875, central crop, ImageNet's mean and deviation.
  case imagenet
  /// The same with values in [−1, 1].
  case inception
  /// The shorter side to the input's size, CIFAR-10's mean and deviation.
  case cifar10

  static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

  func preprocessing(height: Int, width: Int) -> Preprocessing {
    let short = min(height, width)
    let (resize, mean, std): (Int, [Float], [Float]) =
      switch self {
      case .imagenet: (short * 8 / 7, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
      case .inception: (short * 8 / 7, [0.5, 0.5, 0.5], [0.5, 0.5, 0.5])
      case .cifar10: (short, [0.4914, 0.4822, 0.4465], [0.247, 0.2435, 0.2616])
      }
    return Preprocessing(
      resizeShorter: resize, filter: .bicubic, cropHeight: height, cropWidth: width, mean: mean, std: std)
  }
}
