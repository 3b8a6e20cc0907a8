import Checkpoint
import SoftMoEViT

/// What follows the blocks: the last norm, pooling, the head.
extension TimmReader {
  func head(_ model: ModelConfiguration) throws(ImportError) -> [PlannedTensor] {
    var tensors: [PlannedTensor] = []
    switch model.finalNorm {
    case .tokens: tensors += try norm(TensorName(.finalNorm), from: "norm", model.width, model.norm)
    case .features:
      let name = source.contains("fc_norm.weight") ? "fc_norm" : "norm"
      tensors += try norm(TensorName(.finalNorm), from: name, model.width, model.norm)
    case .none: source.ignore { $0 == "norm.weight" || $0 == "norm.bias" }
    }
    if model.pooling == .map { tensors += try attentionPool(model) }
    if let width = model.preLogitsWidth {
      tensors += try linear(TensorName(.preLogits), from: "pre_logits.fc", model.width, width)
    }
    guard model.classCount > 0 else { return tensors }
    guard model.pooling == .twoTokens else {
      return tensors + (try linear(TensorName(.head), from: "head", model.featureWidth, model.classCount))
    }
    return tensors + (try twoHeads(model))
  }

  /// The mean of a head on the class token and one on the distillation token, as one on both:
  /// `[x₀; x₁]·[W₁; W₂]/2 + (b₁ + b₂)/2`.
  private func twoHeads(_ model: ModelConfiguration) throws(ImportError) -> [PlannedTensor] {
    let (c, d, target) = (model.classCount, model.width, TensorName(.head))
    var (weights, biases): ([LazyTensor], [LazyTensor]) = ([], [])
    for name in ["head", "head_dist"] {
      weights.append(try source.take("\(name).weight", [c, d]).map { $1 / 2 })
      biases.append(try source.take("\(name).bias", [c]))
    }
    let (first, second) = (biases[0], biases[1].floats())
    return [
      .transposed(target[.kernel], [2 * d, c], of: weights, rows: c, columns: d),
      .copy(target[.bias], [c], of: [first.map { ($1 + second[$0]) / 2 }]),
    ]
  }

  /// timm's AttentionPoolLatent as a MAP head: its query is a constant.
  private func attentionPool(_ model: ModelConfiguration) throws(ImportError) -> [PlannedTensor] {
    let (d, target) = (model.width, TensorName(.mapHead))
    guard model.tokenCount == model.patchCount else {
      throw .unsupported("an attention pool over the patches of a model with other tokens (timm)")
    }
    guard model.qkNorm == .none, model.headCount * model.headWidth == d else {
      throw .unsupported("an attention pool in a model with norms of queries and keys (timm)")
    }
    let latent = try source.take("attn_pool.latent", [1, 1, d]).floats()
    guard source.contains("attn_pool.q.weight") else {
      throw .unsupported("an attention pool whose latent is the query itself (timm's q_proj=False)")
    }
    let kernel = transpose(try source.take("attn_pool.q.weight", [d, d]).floats(), rows: d, columns: d)
    let bias = try source.take("attn_pool.q.bias", [d]).floats()
    var tensors = [
      PlannedTensor.values(
        target[.query], [d], model.probeQuery(probe: latent, kernel: kernel, bias: bias, normScale: nil))
    ]
    tensors += try linear(target[.keyValue], from: "attn_pool.kv", d, 2 * d)
    tensors += try linear(target[.out], from: "attn_pool.proj", d, d)
    tensors += try norm(target[.norm], from: "attn_pool.norm", d, model.norm)
    tensors += try linear(target[.mlp][.up], from: "attn_pool.mlp.fc1", d, model.mlpWidth)
    tensors += try linear(target[.mlp][.down], from: "attn_pool.mlp.fc2", model.mlpWidth, d)
    return tensors
  }
}
