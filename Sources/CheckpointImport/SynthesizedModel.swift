import Checkpoint
import SoftMoEViT

/// A model with random weights, for measurements.
///
/// The weights keep the variance of what flows through them, so that no value overflows and both softmaxes
/// have something to decide. The same configuration always gets the same numbers. Of the model's options all but
/// `map`, `pre_logits_width`, gains and norms of heads and before the first block can be had.
struct SynthesizedModel {
  let configuration: ModelConfiguration

  func plan() throws(ImportError) -> ImportPlan { try ImportPlan(configuration, tensors) }

  private var tensors: [PlannedTensor] {
    let (model, d) = (configuration, configuration.width)
    let patch = model.patchSize * model.patchSize * 3
    var tensors = linear(TensorName(.patchEmbedding), patch, d)
    if model.patchNorm == .around {
      tensors += norm(TensorName(.patchNormIn), patch) + norm(TensorName(.patchNormOut), d)
    }
    if model.classToken { tensors.append(random(TensorName(.classToken), [d], deviation: 0.02)) }
    if model.prefixTokenCount > 0 {
      tensors.append(random(TensorName(.prefixTokens), [model.prefixTokenCount, d], deviation: 0.02))
    }
    let positionCount = model.patchCount + (model.classToken && model.position == .allTokens ? 1 : 0)
    tensors.append(random(TensorName(.positionEmbedding), [positionCount, d], deviation: 0.02))
    for index in 0..<model.depth {
      tensors += block(TensorName.block(index), isSoft: model.moeLayers.contains(index))
    }
    tensors += norm(TensorName(.finalNorm), d)
    return tensors
      + (model.classCount == 0 ? [] : linear(TensorName(.head), model.pooledWidth, model.classCount))
  }

  private func block(_ name: TensorName, isSoft: Bool) -> [PlannedTensor] {
    let (d, a) = (configuration.width, configuration.attentionWidth)
    let attention = linear(name[.attention][.qkv], d, 3 * a) + linear(name[.attention][.out], a, d)
    var tensors = norm(name[.norm1], d) + attention + norm(name[.norm2], d)
    if isSoft, let moe = configuration.moe {
      // Columns of length 10: logits up to ±10.
      let deviation = 10 / Float(configuration.slotWidth).squareRoot()
      tensors.append(
        random(
          name[.moe][.router][.kernel], [configuration.slotWidth, moe.slotCount], deviation: deviation,
          role: .router))
      if moe.routerBias {
        tensors.append(random(name[.moe][.router][.bias], [moe.slotCount], deviation: 1))
      }
      if moe.gated {
        tensors += linear(name[.moe][.experts][.gate], count: [moe.expertCount], d, moe.expertWidth)
      }
      switch moe.expertKind {
      case .mlp: tensors += linear(name[.moe][.experts][.up], count: [moe.expertCount], d, moe.expertWidth)
      case .secondProduct: tensors += linear(name[.moe][.up], d, moe.expertWidth)
      }
      tensors += linear(name[.moe][.experts][.down], count: [moe.expertCount], moe.expertWidth, d)
    } else {
      if configuration.gatedMLP { tensors += linear(name[.mlp][.gate], d, configuration.mlpWidth) }
      tensors += linear(name[.mlp][.up], d, configuration.mlpWidth)
      tensors += linear(name[.mlp][.down], configuration.mlpWidth, d)
    }
    return tensors
  }

  private func linear(_ name: TensorName, count: [Int] = [], _ k: Int, _ c: Int) -> [PlannedTensor] {
    [
      random(name[.kernel], count + [k, c], deviation: 1 / Float(k).squareRoot(), role: .matrix),
      random(name[.bias], count + [c], deviation: 0.02),
    ]
  }

  private func norm(_ name: TensorName, _ width: Int) -> [PlannedTensor] {
    let scale = PlannedTensor.values(name[.scale], [width], Array(repeating: 1, count: width))
    return configuration.norm == .rms ? [scale] : [scale, random(name[.bias], [width], deviation: 0.02)]
  }

  /// Uniform numbers of a standard deviation, in pieces.
  private func random(
    _ name: TensorName, _ shape: [Int], deviation: Float, role: PlannedTensor.Role = .vector
  )
    -> PlannedTensor
  {
    PlannedTensor(name: name, shape: shape, role: role) { emit in
      var state =
        name.description.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        | 1
      let count = shape.reduce(1, *)
      // √3 is half the width of a uniform distribution of deviation 1.
      let step = deviation * Float(3).squareRoot() / Float(1 << 23)
      for start in stride(from: 0, to: count, by: SourceModel.pieceCount) {
        try emit(
          (start..<min(count, start + SourceModel.pieceCount)).map { _ in
            // xorshift64: the upper 24 bits, minus half their range.
            state ^= state &<< 13
            state ^= state &>> 7
            state ^= state &<< 17
            return Float(Int32(truncatingIfNeeded: state &>> 40) - (1 << 23)) * step
          })
      }
    }
  }
}

extension CheckpointImport {
  /// A model of random weights, ready to be written.
  ///
  /// - Throws: `ImportError.configuration` for one that describes no model.
  package init(synthesizing configuration: ModelConfiguration, as type: ElementType) throws(ImportError) {
    self.init(
      plan: try SynthesizedModel(configuration: configuration).plan(), family: .vmoe, matrixType: type,
      files: [])
  }
}
