import Checkpoint
import SoftMoEViT

/// A library's Soft MoE layer in the place of a block's MLP, recognised by its names.
protocol SoftLayer {
  /// nil when the tensors after `prefix` are not this library's.
  init?(_ source: SourceModel, _ prefix: String)
  /// What names and shapes tell.
  ///
  /// - Parameter layers: the blocks that have one, this one the first.
  func configuration(layers: [Int]) throws(ImportError) -> ModelConfiguration.SoftMoE
  /// Where the layer's tensors come from.
  ///
  /// - Parameter width: d.
  func tensors(_ target: TensorName, _ width: Int, _ moe: ModelConfiguration.SoftMoE) throws(ImportError)
    -> [PlannedTensor]
}

/// bwconrad/soft-moe: phi and tokens through torch's normalize, one module an expert or all stacked.
struct BwconradLayer: SoftLayer {
  private let source: SourceModel
  private let prefix: String

  init?(_ source: SourceModel, _ prefix: String) {
    let isStacked = source.contains("\(prefix).stacked_expert_fc1_weight")
    guard source.contains("\(prefix).phi"), isStacked || source.contains("\(prefix).experts.0.fc1.weight")
    else { return nil }
    (self.source, self.prefix) = (source, prefix)
  }

  func configuration(layers: [Int]) throws(ImportError) -> ModelConfiguration.SoftMoE {
    let phi = try source.shape("\(prefix).phi", rank: 3)
    let stacked = "\(prefix).stacked_expert_fc1_weight"
    let expertWidth =
      source.contains(stacked)
      ? try source.shape(stacked, rank: 3)[1] : try source.shape("\(prefix).experts.0.fc1.weight", rank: 2)[0]
    // The layer has a scale exactly when it normalises.
    let isNormalized = source.contains("\(prefix).scale")
    return ModelConfiguration.SoftMoE(
      layers: layers, expertCount: phi[1], slotsPerExpert: phi[2], expertWidth: expertWidth,
      normalization: isNormalized ? .epsilonFloor : .none, normalizationEpsilon: 1e-12,
      slotSource: isNormalized ? .normalizedTokens : .tokens, dispatchRounding: .none)
  }

  func tensors(_ target: TensorName, _ d: Int, _ moe: ModelConfiguration.SoftMoE) throws(ImportError)
    -> [PlannedTensor]
  {
    let (n, p, h) = (moe.expertCount, moe.slotsPerExpert, moe.expertWidth)
    var tensors = [
      PlannedTensor.router(
        target[.router][.kernel], moe, phi: try source.take("\(prefix).phi", [d, n, p]),
        scale: moe.normalization == .none ? nil : try source.take("\(prefix).scale", [1]))
    ]
    for (part, name, k, c) in [(TensorName.Part.up, "fc1", d, h), (.down, "fc2", h, d)] {
      let stacked = "\(prefix).stacked_expert_\(name)"
      var (weights, biases): ([LazyTensor], [LazyTensor]) = ([], [])
      if source.contains("\(stacked)_weight") {
        weights = [try source.take("\(stacked)_weight", [n, c, k])]
        biases = [try source.take("\(stacked)_bias", [n, c])]
      } else {
        for expert in 0..<n {
          weights.append(try source.take("\(prefix).experts.\(expert).\(name).weight", [c, k]))
          biases.append(try source.take("\(prefix).experts.\(expert).\(name).bias", [c]))
        }
      }
      tensors.append(
        .transposed(target[.experts][part][.kernel], [n, k, c], of: weights, rows: c, columns: k))
      tensors.append(.copy(target[.experts][part][.bias], [n, c], of: biases))
    }
    return tensors
  }
}

/// MoE-Jetpack's layer with one kind of experts: `scale·phi/(‖phi‖ + 1e-6)`, slots mixed from the tokens themselves.
struct JetpackLayer: SoftLayer {
  private let source: SourceModel
  private let prefix: String

  init?(_ source: SourceModel, _ prefix: String) {
    guard source.contains("\(prefix).phi"), source.contains("\(prefix).experts.vit_fc1.weight") else {
      return nil
    }
    (self.source, self.prefix) = (source, prefix)
  }

  func configuration(layers: [Int]) throws(ImportError) -> ModelConfiguration.SoftMoE {
    let phi = try source.shape("\(prefix).phi", rank: 3)
    return ModelConfiguration.SoftMoE(
      layers: layers, expertCount: phi[0], slotsPerExpert: phi[1],
      expertWidth: try source.shape("\(prefix).experts.vit_fc1.weight", rank: 3)[1],
      normalization: .epsilonAdded, normalizationEpsilon: 1e-6, slotSource: .tokens, dispatchRounding: .none)
  }

  func tensors(_ target: TensorName, _ d: Int, _ moe: ModelConfiguration.SoftMoE) throws(ImportError)
    -> [PlannedTensor]
  {
    let (n, p, h) = (moe.expertCount, moe.slotsPerExpert, moe.expertWidth)
    let (phi, scale) = (try source.take("\(prefix).phi", [n, p, d]), try source.take("\(prefix).scale", []))
    var tensors = [
      PlannedTensor(name: target[.router][.kernel], shape: [d, n * p], role: .router) { emit in
        let columns = transpose(phi.floats(), rows: n * p, columns: d)
        try emit(moe.routerKernel(phi: columns, scale: scale.floats()[0]))
      }
    ]
    for (part, name, k, c) in [(TensorName.Part.up, "vit_fc1", d, h), (.down, "vit_fc2", h, d)] {
      let weight = try source.take("\(prefix).experts.\(name).weight", [n, c, k])
      let bias = try source.take("\(prefix).experts.\(name).bias", [n, c])
      tensors.append(
        .transposed(target[.experts][part][.kernel], [n, k, c], of: [weight], rows: c, columns: k))
      tensors.append(.copy(target[.experts][part][.bias], [n, c], of: [bias]))
    }
    return tensors
  }
}
