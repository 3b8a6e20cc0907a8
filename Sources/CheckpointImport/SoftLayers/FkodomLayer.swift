import Checkpoint
import SoftMoEViT

/// fkodom/soft-mixture-of-experts' SoftMoE in the place of an MLP's second product.
///
///     hidden  = activation(x·W + b)            [m, h], W of all experts
///     logits  = hidden·phi                     [m, s], nothing normalised
///     outputs = (dispatchᵀ·hidden)·Wₑ + bₑ     [s, d]
struct FkodomLayer: SoftLayer {
  private let source: SourceModel
  private let prefix: String

  init?(_ source: SourceModel, _ prefix: String) {
    guard source.contains("\(prefix).phi"), source.contains("\(prefix).linear.weight") else { return nil }
    (self.source, self.prefix) = (source, prefix)
  }

  func configuration(layers: [Int]) throws(ImportError) -> ModelConfiguration.SoftMoE {
    let phi = try source.shape("\(prefix).phi", rank: 3)
    return ModelConfiguration.SoftMoE(
      layers: layers, expertCount: phi[1], slotsPerExpert: phi[2], expertWidth: phi[0], normalization: .none,
      normalizationEpsilon: 0, slotSource: .tokens, dispatchRounding: .none, expertKind: .secondProduct)
  }

  func tensors(_ target: TensorName, _ d: Int, _ moe: ModelConfiguration.SoftMoE) throws(ImportError)
    -> [PlannedTensor]
  {
    let (n, p, h) = (moe.expertCount, moe.slotsPerExpert, moe.expertWidth)
    let down = target[.experts][.down]
    return [
      .router(
        target[.router][.kernel], moe, phi: try source.take("\(prefix).phi", [h, n, p]), scale: nil),
      .transposed(
        target[.up][.kernel], [d, h], of: [try source.take("\(prefix).linear.weight", [h, d])], rows: h,
        columns: d),
      .copy(target[.up][.bias], [h], of: [try source.take("\(prefix).linear.bias", [h])]),
      // (in, out) already.
      .copy(
        down[.kernel], [n, h, d], of: [try source.take("\(prefix).experts.weight", [n, h, d])], role: .matrix),
      .copy(down[.bias], [n, d], of: [try source.take("\(prefix).experts.bias", [n, d])]),
    ]
  }
}
