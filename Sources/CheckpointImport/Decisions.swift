import SoftMoEViT

/// What the tensors of a model leave open.
package enum Setting: String, CaseIterable, Sendable {
  case heads, activation, pooling, image, position, preprocess, labels
  case normEpsilon = "norm-epsilon"
  case blockNorm = "block-norm"
  case finalNorm = "final-norm"
}

/// Collects how each setting was decided.
final class Decisions {
  private let options: ImportOptions

  init(_ options: ImportOptions) { self.options = options }

  private func decide<Value: Equatable>(
    _ setting: Setting, option: Value?, tensors: Value?, customary: Value?, likely: [Value], doubt: String?
  ) throws(ImportError) -> Value {
    if let option {
      guard let tensors, tensors != option else { return option }
      throw .option(
        name: setting.rawValue, problem: "\(option) \(setting.rawValue) are asked for; the tensors' shapes say \(tensors)")
    }
    if let tensors { return tensors }
    guard let customary, doubt == nil else {
      throw .option(
        name: setting.rawValue,
        problem: (doubt ?? "the tensors do not tell it") + "; give one, likely "
          + likely.map { "\($0)" }.joined(separator: ", "))
    }
    return customary
  }

  func headCount(tensors: Int?, customary: Int?, likely: [Int], doubt: String?) throws(ImportError) -> Int {
    try decide(
      .heads, option: options.headCount, tensors: tensors, customary: customary, likely: likely, doubt: doubt)
  }

  func normEpsilon(tensors: Float?, customary: Float?, likely: [Float], doubt: String?) throws(ImportError)
    -> Float
  {
    try decide(
      .normEpsilon, option: options.normEpsilon, tensors: tensors, customary: customary, likely: likely,
      doubt: doubt)
  }

  func activation(
    tensors: ActivationKind?, customary: ActivationKind?, likely: [ActivationKind], doubt: String?
  ) throws(ImportError) -> ActivationKind {
    try decide(
      .activation, option: options.activation, tensors: tensors, customary: customary, likely: likely,
      doubt: doubt)
  }

  func pooling(tensors: PoolingKind?, customary: PoolingKind?, likely: [PoolingKind], doubt: String?)
    throws(ImportError) -> PoolingKind
  {
    let option: PoolingKind? =
      switch options.pooling {
      case .token: .classToken
      case .first: likely.contains(.classToken) ? .classToken : .firstToken
      case .gap: .mean
      case .map: .map
      case nil: nil
      }
    return try decide(
      .pooling, option: option, tensors: tensors, customary: customary, likely: likely, doubt: doubt)
  }

  func blockNorm(
    tensors: BlockNormKind?, customary: BlockNormKind?, likely: [BlockNormKind], doubt: String?
  ) throws(ImportError) -> BlockNormKind {
    try decide(
      .blockNorm, option: options.blockNorm, tensors: tensors, customary: customary, likely: likely,
      doubt: doubt)
  }

  /// - Parameter leadingCounts: tokens before the patches that the position table may cover, most likely first.
  func imageSize(patch: Int, positionCount: Int?, leadingCounts: [Int]) throws(ImportError)
    -> (height: Int, width: Int, leading: Int)
  {
    func size(_ leading: Int) throws(ImportError) -> (height: Int, width: Int, leading: Int) {
      let size = try softmoeImageSize(options, patch: patch, patchCount: positionCount.map { $0 - leading })
      return (size.height, size.width, leading)
    }
    let leading = leadingCounts.first { leading in
      guard let positionCount else { return true }
      if let size = options.imageSize {
        return (size.height / patch) * (size.width / patch) == positionCount - leading
      }
      return integerSquareRoot(positionCount - leading) != nil
    }
    return try size(leading ?? leadingCounts.first ?? 0)
  }
}
