/// What a model is: sizes, and every choice in which the published implementations differ.
///
/// It is the section `configuration` of a checkpoint. No key but the router has a default: a file says all of it.
/// - Source: docs/checkpoint-format.md names each key.
public struct ModelConfiguration: Codable, Sendable, Equatable {
  /// H and W of the input in pixels.
  public var imageHeight, imageWidth: Int
  /// P: patches are P × P pixels.
  public var patchSize: Int
  /// d, the tokens' width.
  public var width: Int
  /// Number of encoder blocks.
  public var depth: Int
  /// Attention heads; they divide the width.
  public var headCount: Int
  /// h, the hidden width of dense MLPs.
  public var mlpWidth: Int
  /// c, the number of classes.
  public var classCount: Int
  /// The function between an MLP's products.
  public var activation: ActivationKind
  /// ε of every LayerNorm.
  public var normEpsilon: Float
  /// Whether a learned class token precedes the patches.
  public var classToken: Bool
  /// Which tokens have a position embedding.
  public var position: PositionKind
  /// Whether the patch embedding has a bias.
  public var patchBias: Bool
  /// Whether a LayerNorm precedes the first block.
  public var preNorm: Bool
  /// Whether queries, keys and values have a bias.
  public var qkvBias: Bool
  /// LayerNorm over each head of queries and keys.
  public var qkNorm: QKNormKind
  /// Whether each residual branch has a learned gain.
  public var layerScale: Bool
  /// Where the last LayerNorm stands.
  public var finalNorm: FinalNormKind
  /// How tokens become one feature vector.
  public var pooling: PoolingKind
  /// Width of a Dense + tanh before the head, or null.
  public var preLogitsWidth: Int?
  /// The Soft MoE layers, or null for a dense ViT.
  public var moe: SoftMoE?

  /// The Soft MoE layers of a model.
  public struct SoftMoE: Codable, Sendable, Equatable {
    /// Who decides which expert works on which tokens; soft in a file that does not say.
    public var router: RouterKind
    /// Indices of the blocks whose MLP is a Soft MoE, ascending.
    public var layers: [Int]
    /// n.
    public var expertCount: Int
    /// p.
    public var slotsPerExpert: Int
    /// Hidden width of an expert.
    public var expertWidth: Int
    /// How tokens and phi are normalised before their product.
    public var normalization: NormalizationKind
    /// ε of that normalisation.
    public var normalizationEpsilon: Float
    /// What slots are mixed from.
    public var slotSource: SlotSource
    /// What tokens are rounded to before dispatch, and experts' outputs before combine.
    public var dispatchRounding: DispatchRounding

    /// All values, in the order of the properties.
    public init(
      router: RouterKind = .soft, layers: [Int], expertCount: Int, slotsPerExpert: Int, expertWidth: Int,
      normalization: NormalizationKind, normalizationEpsilon: Float, slotSource: SlotSource,
      dispatchRounding: DispatchRounding
    ) {
      self.router = router
      self.layers = layers
      self.expertCount = expertCount
      self.slotsPerExpert = slotsPerExpert
      self.expertWidth = expertWidth
      self.normalization = normalization
      self.normalizationEpsilon = normalizationEpsilon
      self.slotSource = slotSource
      self.dispatchRounding = dispatchRounding
    }

    /// Reads what a checkpoint says.
    public init(from decoder: any Decoder) throws {
      let keys = try decoder.container(keyedBy: CodingKeys.self)
      // Files from before there was a choice have no such key; null is none.
      router = keys.contains(.router) ? try keys.decode(RouterKind.self, forKey: .router) : .soft
      layers = try keys.decode([Int].self, forKey: .layers)
      expertCount = try keys.decode(Int.self, forKey: .expertCount)
      slotsPerExpert = try keys.decode(Int.self, forKey: .slotsPerExpert)
      expertWidth = try keys.decode(Int.self, forKey: .expertWidth)
      normalization = try keys.decode(NormalizationKind.self, forKey: .normalization)
      normalizationEpsilon = try keys.decode(Float.self, forKey: .normalizationEpsilon)
      slotSource = try keys.decode(SlotSource.self, forKey: .slotSource)
      dispatchRounding = try keys.decode(DispatchRounding.self, forKey: .dispatchRounding)
    }

    /// s = n·p.
    public var slotCount: Int { expertCount * slotsPerExpert }

    enum CodingKeys: String, CodingKey {
      case router, layers, normalization
      case expertCount = "expert_count"
      case slotsPerExpert = "slots_per_expert"
      case expertWidth = "expert_width"
      case normalizationEpsilon = "normalization_epsilon"
      case slotSource = "slot_source"
      case dispatchRounding = "dispatch_rounding"
    }
  }

  /// All values, in the order of the properties.
  public init(
    imageHeight: Int, imageWidth: Int, patchSize: Int, width: Int, depth: Int, headCount: Int,
    mlpWidth:
      Int, classCount: Int, activation: ActivationKind, normEpsilon: Float, classToken: Bool,
    position:
      PositionKind, patchBias: Bool, preNorm: Bool, qkvBias: Bool, qkNorm: QKNormKind, layerScale: Bool,
    finalNorm: FinalNormKind, pooling: PoolingKind, preLogitsWidth: Int?, moe: SoftMoE?
  ) {
    self.imageHeight = imageHeight
    self.imageWidth = imageWidth
    self.patchSize = patchSize
    self.width = width
    self.depth = depth
    self.headCount = headCount
    self.mlpWidth = mlpWidth
    self.classCount = classCount
    self.activation = activation
    self.normEpsilon = normEpsilon
    self.classToken = classToken
    self.position = position
    self.patchBias = patchBias
    self.preNorm = preNorm
    self.qkvBias = qkvBias
    self.qkNorm = qkNorm
    self.layerScale = layerScale
    self.finalNorm = finalNorm
    self.pooling = pooling
    self.preLogitsWidth = preLogitsWidth
    self.moe = moe
  }

  /// Patches of an image.
  public var patchCount: Int { (imageHeight / patchSize) * (imageWidth / patchSize) }
  /// m: patches and the class token, if any.
  public var tokenCount: Int { patchCount + (classToken ? 1 : 0) }
  /// Width of the vector that the head reads.
  public var featureWidth: Int { preLogitsWidth ?? width }
  /// Width of one attention head.
  public var headWidth: Int { width / headCount }
  /// Indices of the Soft MoE blocks.
  public var moeLayers: [Int] { moe?.layers ?? [] }

  enum CodingKeys: String, CodingKey {
    case width, depth, activation, position, pooling, moe
    case imageHeight = "image_height"
    case imageWidth = "image_width"
    case patchSize = "patch_size"
    case headCount = "head_count"
    case mlpWidth = "mlp_width"
    case classCount = "class_count"
    case normEpsilon = "norm_epsilon"
    case classToken = "class_token"
    case patchBias = "patch_bias"
    case preNorm = "pre_norm"
    case qkvBias = "qkv_bias"
    case qkNorm = "qk_norm"
    case layerScale = "layer_scale"
    case finalNorm = "final_norm"
    case preLogitsWidth = "pre_logits_width"
  }
}
