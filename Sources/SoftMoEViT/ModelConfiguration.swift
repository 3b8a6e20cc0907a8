/// What a model is: sizes, and every choice in which the published implementations differ.
///
/// It is the section `configuration` of a checkpoint. A file says all of it; only keys that came later have a
/// default, which is what files from before them mean.
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
  /// H, attention heads.
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
  /// k, learned tokens between the class token and the patches, without positions: registers, for example.
  public var prefixTokenCount: Int
  /// Whether LayerNorms stand around the patch embedding.
  public var patchNorm: PatchNormKind
  /// hd, the width of one attention head; the width over the heads in a file that does not say.
  public var headWidth: Int
  /// Where a block's norms stand.
  public var blockNorm: BlockNormKind
  /// What the model's norms are.
  public var norm: NormKind
  /// Whether dense MLPs are gated: `activation(x·W_gate) ⊙ (x·W_up)`.
  public var gatedMLP: Bool

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
    /// Hidden width of an expert, h.
    public var expertWidth: Int
    /// How tokens and phi are normalised before their product.
    public var normalization: NormalizationKind
    /// ε of that normalisation.
    public var normalizationEpsilon: Float
    /// What slots are mixed from.
    public var slotSource: SlotSource
    /// What tokens are rounded to before dispatch, and experts' outputs before combine.
    public var dispatchRounding: DispatchRounding
    /// Whether experts are gated, as dense MLPs may be.
    public var gated: Bool
    /// Whether the block's norm comes before the mixture; without it the mixture reads the tokens themselves.
    public var norm: Bool
    /// Whether the router's logits have a bias for each slot.
    public var routerBias: Bool
    /// What an expert computes; a whole MLP in a file that does not say.
    public var expertKind: ExpertKind
    /// K, how many experts a token chooses; 0 where tokens don't choose.
    public var selectedExperts: Int
    /// How much more than their fair share the experts of a sparse router have room for, or null for no limit.
    public var capacityFactor: Double?
    /// Whether tokens claim places in the order of their largest gate, and not of their positions.
    public var batchPriority: Bool
    /// Whether a token's K gates are divided by their sum: a softmax of the chosen logits alone.
    public var renormalizedGates: Bool
    /// What an expert's room is rounded up to a multiple of.
    public var capacityMultiple: Int

    /// All values, in the order of the properties.
    public init(
      router: RouterKind = .soft, layers: [Int], expertCount: Int, slotsPerExpert: Int, expertWidth: Int,
      normalization: NormalizationKind, normalizationEpsilon: Float, slotSource: SlotSource,
      dispatchRounding: DispatchRounding, gated: Bool = false, norm: Bool = true, routerBias: Bool = false,
      expertKind: ExpertKind = .mlp, selectedExperts: Int = 0, capacityFactor: Double? = nil,
      batchPriority: Bool = false, renormalizedGates: Bool = false, capacityMultiple: Int = 4
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
      (self.gated, self.norm, self.routerBias) = (gated, norm, routerBias)
      self.expertKind = expertKind
      (self.selectedExperts, self.capacityFactor) = (selectedExperts, capacityFactor)
      (self.batchPriority, self.renormalizedGates) = (batchPriority, renormalizedGates)
      self.capacityMultiple = capacityMultiple
    }

    /// Reads what a checkpoint says.
    public init(from decoder: any Decoder) throws {
      let keys = try decoder.container(keyedBy: CodingKeys.self)
      router = try keys.decode(.router, or: .soft)
      layers = try keys.decode([Int].self, forKey: .layers)
      expertCount = try keys.decode(Int.self, forKey: .expertCount)
      slotsPerExpert = try keys.decode(Int.self, forKey: .slotsPerExpert)
      expertWidth = try keys.decode(Int.self, forKey: .expertWidth)
      normalization = try keys.decode(NormalizationKind.self, forKey: .normalization)
      normalizationEpsilon = try keys.decode(Float.self, forKey: .normalizationEpsilon)
      slotSource = try keys.decode(SlotSource.self, forKey: .slotSource)
      dispatchRounding = try keys.decode(DispatchRounding.self, forKey: .dispatchRounding)
      gated = try keys.decode(.gated, or: false)
      norm = try keys.decode(.norm, or: true)
      routerBias = try keys.decode(.routerBias, or: false)
      expertKind = try keys.decode(.expertKind, or: .mlp)
      selectedExperts = try keys.decode(.selectedExperts, or: 0)
      capacityFactor = try keys.decodeIfPresent(Double.self, forKey: .capacityFactor)
      batchPriority = try keys.decode(.batchPriority, or: false)
      renormalizedGates = try keys.decode(.renormalizedGates, or: false)
      capacityMultiple = try keys.decode(.capacityMultiple, or: 4)
    }

    /// s = n·p, the columns of the routing matrices: a sparse router has one an expert.
    public var slotCount: Int { expertCount * slotsPerExpert }

    /// C: how many of an image's m tokens an expert takes at most.
    ///
    /// The fair share, K·m/n where tokens choose and m/n where experts do, times the factor, upwards to a multiple
    /// of `capacityMultiple`; with the soft router its p slots.
    /// - Source: arXiv 2106.05974 and 2202.09368; the multiple is vmoe's, 4 where its configuration has none.
    public func capacity(tokenCount m: Int) -> Int {
      guard router != .soft else { return slotsPerExpert }
      guard let capacityFactor else { return m }
      let chosen = router == .tokensChoice ? selectedExperts * m : m
      // As vmoe divides: the product first.
      let share = (Double(chosen) * capacityFactor / Double(expertCount)).rounded(.up)
      guard share < Double(m) else { return m }
      return min(m, (Int(share) + capacityMultiple - 1) / capacityMultiple * capacityMultiple)
    }

    /// The rows that all experts together have for an image of m tokens, at most.
    public func rowCount(tokenCount m: Int) -> Int {
      let room = expertCount * capacity(tokenCount: m)
      return router == .tokensChoice ? min(room, selectedExperts * m) : room
    }

    enum CodingKeys: String, CodingKey {
      case router, layers, normalization, gated, norm
      case routerBias = "router_bias"
      case expertKind = "expert_kind"
      case selectedExperts = "selected_experts"
      case capacityFactor = "capacity_factor"
      case batchPriority = "batch_priority"
      case renormalizedGates = "renormalized_gates"
      case capacityMultiple = "capacity_multiple"
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
    finalNorm: FinalNormKind, pooling: PoolingKind, preLogitsWidth: Int?, moe: SoftMoE?,
    prefixTokenCount: Int = 0, patchNorm: PatchNormKind = .none, headWidth: Int? = nil,
    blockNorm: BlockNormKind = .before, norm: NormKind = .layer, gatedMLP: Bool = false
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
    self.prefixTokenCount = prefixTokenCount
    self.patchNorm = patchNorm
    self.headWidth = headWidth ?? width / max(1, headCount)
    self.blockNorm = blockNorm
    self.norm = norm
    self.gatedMLP = gatedMLP
  }

  /// Reads what a checkpoint says.
  public init(from decoder: any Decoder) throws {
    let keys = try decoder.container(keyedBy: CodingKeys.self)
    let (width, headCount) = (
      try keys.decode(Int.self, forKey: .width), try keys.decode(Int.self, forKey: .headCount)
    )
    self.init(
      imageHeight: try keys.decode(Int.self, forKey: .imageHeight),
      imageWidth: try keys.decode(Int.self, forKey: .imageWidth),
      patchSize: try keys.decode(Int.self, forKey: .patchSize), width: width,
      depth: try keys.decode(Int.self, forKey: .depth), headCount: headCount,
      mlpWidth: try keys.decode(Int.self, forKey: .mlpWidth),
      classCount: try keys.decode(Int.self, forKey: .classCount),
      activation: try keys.decode(ActivationKind.self, forKey: .activation),
      normEpsilon: try keys.decode(Float.self, forKey: .normEpsilon),
      classToken: try keys.decode(Bool.self, forKey: .classToken),
      position: try keys.decode(PositionKind.self, forKey: .position),
      patchBias: try keys.decode(Bool.self, forKey: .patchBias),
      preNorm: try keys.decode(Bool.self, forKey: .preNorm),
      qkvBias: try keys.decode(Bool.self, forKey: .qkvBias),
      qkNorm: try keys.decode(QKNormKind.self, forKey: .qkNorm),
      layerScale: try keys.decode(Bool.self, forKey: .layerScale),
      finalNorm: try keys.decode(FinalNormKind.self, forKey: .finalNorm),
      pooling: try keys.decode(PoolingKind.self, forKey: .pooling),
      preLogitsWidth: try keys.decodeIfPresent(Int.self, forKey: .preLogitsWidth),
      moe: try keys.decodeIfPresent(SoftMoE.self, forKey: .moe),
      prefixTokenCount: try keys.decode(.prefixTokenCount, or: 0),
      patchNorm: try keys.decode(.patchNorm, or: .none),
      headWidth: try keys.decode(.headWidth, or: Self.headWidth(width: width, headCount: headCount, decoder)),
      blockNorm: try keys.decode(.blockNorm, or: .before), norm: try keys.decode(.norm, or: .layer),
      gatedMLP: try keys.decode(.gatedMLP, or: false))
  }

  private static func headWidth(width: Int, headCount: Int, _ decoder: any Decoder) throws -> Int {
    guard headCount > 0, width % headCount == 0 else {
      throw DecodingError.dataCorrupted(
        DecodingError.Context(
          codingPath: decoder.codingPath + [CodingKeys.headCount],
          debugDescription: "\(headCount) heads do not divide the width \(width), and no head_width is given")
      )
    }
    return width / headCount
  }

  /// Patches of an image.
  public var patchCount: Int { (imageHeight / patchSize) * (imageWidth / patchSize) }
  /// Tokens before the patches: the class token, if any, and the prefix.
  public var leadingTokenCount: Int { (classToken ? 1 : 0) + prefixTokenCount }
  /// m: the patches and what is before them.
  public var tokenCount: Int { patchCount + leadingTokenCount }
  /// Width of the pooled vector.
  public var pooledWidth: Int { pooling.tokenShare * width }
  /// Width of the vector that the head reads.
  public var featureWidth: Int { preLogitsWidth ?? pooledWidth }
  /// Width of the answer: the classes, or the features of a model without a head.
  public var resultWidth: Int { classCount > 0 ? classCount : featureWidth }
  /// H·hd, the width of all heads' outputs.
  public var attentionWidth: Int { headCount * headWidth }
  /// Width of what slots are mixed from: d, or h where the experts read hidden rows.
  public var slotWidth: Int {
    if let moe, moe.expertKind == .secondProduct { moe.expertWidth } else { width }
  }
  /// Indices of the Soft MoE blocks.
  public var moeLayers: [Int] { moe?.layers ?? [] }

  enum CodingKeys: String, CodingKey {
    case width, depth, activation, position, pooling, moe, norm
    case prefixTokenCount = "prefix_token_count"
    case patchNorm = "patch_norm"
    case headWidth = "head_width"
    case blockNorm = "block_norm"
    case gatedMLP = "gated_mlp"
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

extension KeyedDecodingContainer {
  /// The value of a key that files from before it lack; null is no value.
  fileprivate func decode<Value: Decodable>(_ key: Key, or absent: @autoclosure () throws -> Value) throws
    -> Value
  {
    contains(key) ? try decode(Value.self, forKey: key) : try absent()
  }
}
