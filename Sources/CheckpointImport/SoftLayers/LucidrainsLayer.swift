import Checkpoint
import SoftMoEViT

/// lucidrains/soft-moe-pytorch's SoftMoE: a norm of its own over tokens and slots, whose gains are folded into the router
/// and the experts.
///
///     x̂      = norm(x)·g + β           RMSNorm: x/‖x‖, g = √d·γ, no β; LayerNorm: (x − μ)/σ, g = γ
///     logits = x̂·ŝ                     ŝ: the slots through a norm likewise
///            = norm(x)·(g ⊙ ŝ) + β·ŝ   so the router's column is g ⊙ ŝ, its bias β·ŝ
///     up(x̂)  = norm(x)·(diag(g)·W) + (b + β·W)     since a slot's weights sum to 1
struct LucidrainsLayer: SoftLayer {
  private let source: SourceModel
  private let prefix: String
  private let isLayerNorm: Bool

  init?(_ source: SourceModel, _ prefix: String) {
    guard source.contains("\(prefix).slot_embeds") else { return nil }
    (self.source, self.prefix) = (source, prefix)
    isLayerNorm = source.contains("\(prefix).norm.beta")
  }

  func configuration(layers: [Int]) throws(ImportError) -> ModelConfiguration.SoftMoE {
    let slots = try source.shape("\(prefix).slot_embeds", rank: 3)
    let up = try source.shape("\(prefix).experts.experts.0.0.weight", rank: 2)[0]
    let down = try source.shape("\(prefix).experts.experts.0.3.weight", rank: 2)[1]
    return ModelConfiguration.SoftMoE(
      layers: layers, expertCount: slots[0], slotsPerExpert: slots[1], expertWidth: down,
      normalization: isLayerNorm ? .layerNorm : .epsilonFloor,
      normalizationEpsilon: isLayerNorm ? 1e-5 : 1e-12, slotSource: .normalizedTokens,
      dispatchRounding: .none, gated: up == 2 * down, routerBias: isLayerNorm)
  }

  func tensors(_ target: TensorName, _ d: Int, _ moe: ModelConfiguration.SoftMoE) throws(ImportError)
    -> [PlannedTensor]
  {
    let (n, h, s) = (moe.expertCount, moe.expertWidth, moe.slotCount)
    let tokenNorm = try norm("norm", d)
    let slotNorm = try norm("slot_norm", d)
    let embeddings = try source.take("\(prefix).slot_embeds", [n, moe.slotsPerExpert, d]).floats()
    let slots = (0..<s).map { slotNorm(Array(embeddings[$0 * d..<($0 + 1) * d])) }
    let kernel = transpose(slots.flatMap { zip($0, tokenNorm.gain).map { $0 * $1 } }, rows: s, columns: d)
    var tensors = [PlannedTensor.values(target[.router][.kernel], [d, s], kernel, role: .router)]
    if moe.routerBias {
      let bias = slots.map { zip($0, tokenNorm.shift).reduce(Float(0)) { $0 + $1.0 * $1.1 } }
      tensors.append(.values(target[.router][.bias], [s], bias))
    }
    // The first half is what the second gates, if there are two.
    let parts = moe.gated ? [(TensorName.Part.up, 0..<h), (.gate, h..<2 * h)] : [(.up, 0..<h)]
    var (weights, biases) = ([[LazyTensor]](repeating: [], count: 3), [[LazyTensor]](repeating: [], count: 3))
    for expert in 0..<n {
      let name = "\(prefix).experts.experts.\(expert)"
      let weight = try source.take("\(name).0.weight", [parts.count * h, d])
      let bias = try source.take("\(name).0.bias", [parts.count * h])
      for (index, (_, rows)) in parts.enumerated() {
        let part = try weight.rows(rows)
        weights[index].append(part.map { [gain = tokenNorm.gain] index, value in value * gain[index % d] })
        let partBias = try bias.rows(rows)
        biases[index].append(isLayerNorm ? partBias.adding(part, times: tokenNorm.shift) : partBias)
      }
      weights[2].append(try source.take("\(name).3.weight", [d, h]))
      biases[2].append(try source.take("\(name).3.bias", [d]))
    }
    for (index, (part, _)) in parts.enumerated() {
      let target = target[.experts][part]
      tensors += [
        .transposed(target[.kernel], [n, d, h], of: weights[index], rows: h, columns: d),
        .copy(target[.bias], [n, h], of: biases[index]),
      ]
    }
    return tensors + [
      .transposed(target[.experts][.down][.kernel], [n, h, d], of: weights[2], rows: d, columns: h),
      .copy(target[.experts][.down][.bias], [n, d], of: biases[2]),
    ]
  }

  /// One of the layer's two norms.
  private struct Norm {
    let gain, shift: [Float]
    let isLayerNorm: Bool

    func callAsFunction(_ values: [Float]) -> [Float] {
      let mean = isLayerNorm ? values.reduce(0, +) / Float(values.count) : 0
      let squares = values.reduce(Float(0)) { $0 + ($1 - mean) * ($1 - mean) }
      let factor =
        isLayerNorm
        ? 1 / (squares / Float(values.count) + 1e-5).squareRoot() : 1 / max(squares.squareRoot(), 1e-12)
      return values.indices.map { (values[$0] - mean) * factor * gain[$0] + shift[$0] }
    }
  }

  private func norm(_ name: String, _ d: Int) throws(ImportError) -> Norm {
    let gamma = try source.take("\(prefix).\(name).gamma", [d]).floats()
    let gain = isLayerNorm ? gamma : gamma.map { $0 * Float(d).squareRoot() }
    let shift =
      isLayerNorm
      ? try source.take("\(prefix).\(name).beta", [d]).floats() : Array(repeating: 0, count: d)
    return Norm(gain: gain, shift: shift, isLayerNorm: isLayerNorm)
  }
}

extension LazyTensor {
  /// This vector [c] and a matrix's [c, d] product with a vector [d].
  fileprivate func adding(_ matrix: LazyTensor, times vector: [Float]) -> LazyTensor {
    map { row, value in
      let products = zip(matrix.floats(row * vector.count..<(row + 1) * vector.count), vector)
      return products.reduce(value) { $0 + $1.0 * $1.1 }
    }
  }
}
