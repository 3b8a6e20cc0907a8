import Checkpoint
import CheckpointImport
import SoftMoEViT
import TestSupport
import Testing

/// Small models of random weights that between them have the options that few models have.
struct OptionalModel: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let configuration: ModelConfiguration

  func open() throws -> SoftMoEViT {
    try withTemporaryFile("model.smoe") { path in
      try CheckpointImport(synthesizing: configuration, as: .f32).write(
        to: path, .plain(for: configuration))
      return try SoftMoEViT(Checkpoint(path: path))
    }
  }

  private init(_ description: String, _ change: (inout ModelConfiguration) -> Void) {
    var configuration = ModelConfiguration(
      imageHeight: 24, imageWidth: 16, patchSize: 8, width: 36, depth: 2, headCount: 3, mlpWidth: 50,
      classCount: 5, activation: .silu, normEpsilon: 1e-6, classToken: true, position: .allTokens,
      patchBias: true, preNorm: false, qkvBias: true, qkNorm: .none, layerScale: false, finalNorm: .tokens,
      pooling: .classToken, preLogitsWidth: nil, moe: nil, headWidth: 20)
    change(&configuration)
    (testDescription, self.configuration) = (description, configuration)
  }

  static let all = [
    OptionalModel("gates, registers, RMSNorm, two pooled vectors") {
      ($0.gatedMLP, $0.prefixTokenCount, $0.norm, $0.pooling) = (true, 3, .rms, .classTokenAndMean)
    },
    OptionalModel("norms around the patches and after the branches, two tokens") {
      ($0.patchNorm, $0.blockNorm, $0.prefixTokenCount, $0.pooling) = (.around, .afterBranch, 1, .twoTokens)
    },
    OptionalModel("norms after the sums, the mean of all tokens, no head") {
      ($0.blockNorm, $0.pooling, $0.classCount, $0.activation) = (.afterSum, .meanOfAll, 0, .relu)
    },
    OptionalModel("gated experts that read the tokens themselves, a biased router") {
      $0.activation = .quickGelu
      $0.moe = ModelConfiguration.SoftMoE(
        layers: [1], expertCount: 3, slotsPerExpert: 5, expertWidth: 40, normalization: .layerNorm,
        normalizationEpsilon: 1e-5, slotSource: .normalizedTokens, dispatchRounding: .none, gated: true,
        norm: false, routerBias: true)
    },
    OptionalModel("experts that are the second product of an MLP, norms after the sums, rounded dispatch") {
      ($0.blockNorm, $0.activation, $0.finalNorm, $0.patchNorm) = (.afterSum, .relu, .none, .around)
      $0.moe = ModelConfiguration.SoftMoE(
        layers: [0, 1], expertCount: 3, slotsPerExpert: 5, expertWidth: 70, normalization: .none,
        normalizationEpsilon: 0, slotSource: .tokens, dispatchRounding: .bfloat16, expertKind: .secondProduct)
    },
    OptionalModel("Tokens Choice by priority, renormalised gates, little room") {
      $0.moe = sparse(.tokensChoice, selected: 2, capacity: 0.7)
      $0.moe?.batchPriority = true
      $0.moe?.renormalizedGates = true
      $0.moe?.capacityMultiple = 1
    },
    OptionalModel("Tokens Choice without a limit, rounded") {
      $0.moe = sparse(.tokensChoice, selected: 3, capacity: nil)
      $0.moe?.dispatchRounding = .bfloat16
    },
    OptionalModel("Tokens Choice by cosine, one expert each") {
      $0.moe = sparse(.tokensChoice, selected: 1, capacity: 1.25)
      $0.moe?.normalization = .epsilonFloor
      $0.moe?.normalizationEpsilon = 1e-6
    },
    OptionalModel("Experts Choice") { $0.moe = sparse(.expertsChoice, selected: 0, capacity: 1.5) },
  ]

  private static func sparse(_ router: RouterKind, selected: Int, capacity: Double?)
    -> ModelConfiguration.SoftMoE
  {
    ModelConfiguration.SoftMoE(
      router: router, layers: [0, 1], expertCount: 4, slotsPerExpert: 1, expertWidth: 40,
      normalization: .none,
      normalizationEpsilon: 0, slotSource: .tokens, dispatchRounding: .none, selectedExperts: selected,
      capacityFactor: capacity)
  }
}
