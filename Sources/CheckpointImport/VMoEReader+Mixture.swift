import Checkpoint
import SoftMoEViT

/// Blocks whose MLP is a mixture of experts.
extension VMoEReader {
  private static let softRouter = "Moe/Router/mu"
  private static let sparseRouter = "Moe/Router/dense"

  /// What names and shapes tell of the mixtures, and what decides the rest; nil for a dense model.
  func mixture(depth: Int) throws(ImportError) -> ModelConfiguration.SoftMoE? {
    let soft = (0..<depth).filter { has(name($0, Self.softRouter)) }
    let sparse = (0..<depth).filter { has(name($0, "\(Self.sparseRouter)/kernel")) }
    guard soft.isEmpty || sparse.isEmpty else {
      throw .unsupported("soft routers (blocks \(soft)) beside sparse ones (blocks \(sparse))")
    }
    if !sparse.isEmpty { return try sparseMixture(sparse) }
    return soft.isEmpty ? nil : try softMixture(soft)
  }

  private func softMixture(_ layers: [Int]) throws(ImportError) -> ModelConfiguration.SoftMoE {
    let mu = try source.shape(name(layers[0], Self.softRouter), rank: 3)
    return ModelConfiguration.SoftMoE(
      layers: layers, expertCount: mu[1], slotsPerExpert: mu[2], expertWidth: try expertWidth(layers),
      normalization: .epsilonInsideRoot, normalizationEpsilon: 1e-6, slotSource: .tokens,
      dispatchRounding: try decisions.dispatchRounding())
  }

  private func sparseMixture(_ layers: [Int]) throws(ImportError) -> ModelConfiguration.SoftMoE {
    let kernel = try source.shape(name(layers[0], "\(Self.sparseRouter)/kernel"), rank: 2)
    let routing = try decisions.sparseRouting()
    return ModelConfiguration.SoftMoE(
      router: routing.kind, layers: layers, expertCount: kernel[1], slotsPerExpert: 1,
      expertWidth: try expertWidth(layers), normalization: .none, normalizationEpsilon: 0,
      slotSource: .tokens,
      dispatchRounding: try decisions.dispatchRounding(
        doubt: "V-MoE's released models, whose router is sparse, have bfloat16"),
      routerBias: has(name(layers[0], "\(Self.sparseRouter)/bias")), selectedExperts: routing.selectedExperts,
      capacityFactor: routing.capacityFactor, batchPriority: routing.batchPriority,
      renormalizedGates: routing.renormalizedGates, capacityMultiple: routing.capacityMultiple)
  }

  private func expertWidth(_ layers: [Int]) throws(ImportError) -> Int {
    try source.shape(name(layers[0], "Moe/Mlp/Dense_0/kernel"), rank: 3)[2]
  }

  /// Where a mixture's tensors come from.
  func mixture(_ index: Int, _ moe: ModelConfiguration.SoftMoE, width d: Int) throws(ImportError)
    -> [PlannedTensor]
  {
    let target = TensorName.block(index)[.moe]
    let (n, h) = (moe.expertCount, moe.expertWidth)
    return try router(index, moe, width: d)
      + linear(target[.experts][.up], from: name(index, "Moe/Mlp/Dense_0"), count: [n], d, h)
      + linear(target[.experts][.down], from: name(index, "Moe/Mlp/Dense_1"), count: [n], h, d)
  }

  private func router(_ index: Int, _ moe: ModelConfiguration.SoftMoE, width d: Int) throws(ImportError)
    -> [PlannedTensor]
  {
    let target = TensorName.block(index)[.moe][.router]
    let n = moe.expertCount
    guard moe.router != .soft else {
      return [
        .router(
          target[.kernel], moe,
          phi: try source.take(name(index, Self.softRouter), [d, n, moe.slotsPerExpert]),
          scale: try source.take(name(index, "Moe/Router/scale"), []))
      ]
    }
    let dense = name(index, Self.sparseRouter)
    var tensors = [try copy(target[.kernel], [d, n], from: "\(dense)/kernel", role: .router)]
    if moe.routerBias { tensors.append(try copy(target[.bias], [n], from: "\(dense)/bias")) }
    return tensors
  }
}
