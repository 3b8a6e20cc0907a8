import SoftMoEViT

/// A library whose checkpoints are recognised by their names, and brought to the names that a reader knows:
/// timm's VisionTransformer's for PyTorch, vmoe's for Flax.
protocol SourceFamily: SendableMetatype {
  static var family: ModelFamily { get }
  /// Whether the names are this library's.
  static func recognizes(_ source: SourceModel) -> Bool
  /// The tensors by the reader's names, and what this library customarily has that no tensor tells.
  static func adapted(_ source: SourceModel) throws(ImportError) -> (SourceModel, Customs)
}

/// What a library's models have where their tensors leave it open.
struct Customs {
  /// The width of an attention head; nil where models differ.
  var headWidth: Int? = 64
  /// Whether the width of a head does not depend on the tokens' (a default of the library).
  var headWidthIsFixed = false
  /// A sign that this model's heads are others.
  var headDoubt: String?
  var normEpsilon: Float? = 1e-6
  var likelyEpsilons: [Float] = [1e-6, 1e-5, 1e-12]
  /// A sign that this model's ε is another.
  var normDoubt: String?
  var activation: ActivationKind? = .geluErf
  var likelyActivations: [ActivationKind] = [.geluErf, .geluTanh, .quickGelu, .relu, .silu]
  /// A sign that this model's activation is another.
  var activationDoubt: String?
  /// Where the norms of its blocks stand.
  var blockNorm = BlockNormKind.before
  /// How the library pools models of these names, whatever the options say.
  var pooling: PoolingKind?
  /// How it pools where the user may have chosen.
  var likelyPoolings: [PoolingKind] = []
  /// How many tokens before the patches the position table may cover; most likely first. nil: any.
  var leadingPositions: [Int]?
  /// Sines and cosines in place of a learned table.
  var computedPositions = false
}

extension SourceFamily {
  /// Reads the model by this family's names.
  static func plan(_ source: SourceModel, _ options: ImportOptions, _ decisions: Decisions)
    throws(ImportError) -> (ImportPlan, SourceModel)
  {
    let (model, customs) = try adapted(source)
    let plan =
      family.isFlax
      ? try VMoEReader(source: model, customs: customs, options: options, decisions: decisions).plan()
      : try TimmReader(source: model, customs: customs, options: options, decisions: decisions).plan()
    try model.requireAllUsed()
    if let setting = options.sparseSetting, plan.configuration.moe?.router ?? .soft == .soft {
      throw .option(name: setting.rawValue, problem: "the model has no sparse router")
    }
    return (plan, model)
  }
}

/// All of them, those with the most particular names first.
enum SourceFamilies {
  static let all: [any SourceFamily.Type] = [
    GoogleViT.self, BigVision.self, VMoE.self, VitPyTorch.self, Fkodom.self, OpenCLIP.self,
    HuggingFaceSigLIP.self, HuggingFaceCLIP.self, HuggingFaceDINOv2.self, HuggingFaceViT.self,
    Torchvision.self, DINOv2.self, Timm.self,
  ]

  /// The family of a source.
  ///
  /// - Parameter asked: the one that the user says it is.
  static func family(of source: SourceModel, asked: ModelFamily?, path: String) throws(ImportError)
    -> any SourceFamily.Type
  {
    try Unsupported.check(source)
    let found = all.first { candidate in
      asked.map { $0 == candidate.family } ?? candidate.recognizes(source)
    }
    guard let found else {
      throw .invalidSource(
        path: path,
        problem: "expected the names of a Vision Transformer by vmoe, vision_transformer, big_vision, timm, "
          + "torchvision, open_clip, Hugging Face (ViT, DeiT, MAE, DINOv2, CLIP, SigLIP), vit-pytorch or "
          + "soft-mixture-of-experts; found none of them among its \(source.names.count) tensors"
          + (source.names.isEmpty
            ? "" : ", the first are \(source.names.sorted().prefix(4).joined(separator: ", "))"))
    }
    return found
  }
}
