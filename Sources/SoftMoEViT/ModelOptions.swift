/// The function between an MLP's two products.
public enum ActivationKind: String, Codable, Sendable, CaseIterable {
  /// GELU by its tanh approximation (vmoe, the paper).
  case geluTanh = "gelu_tanh"
  /// GELU by the error function (timm).
  case geluErf = "gelu_erf"
  /// x·σ(1.702·x) (CLIP).
  case quickGelu = "quick_gelu"
  /// max(x, 0).
  case relu
  /// x·σ(x).
  case silu
}

/// What a norm over a vector is.
public enum NormKind: String, Codable, Sendable, CaseIterable {
  /// LayerNorm: (x − mean)/√(variance + ε)·scale + bias.
  case layer
  /// RMSNorm: x/√(mean of x² + ε)·scale.
  case rms
}

/// Where the norms of a block stand; f is its attention or its MLP, x the tokens.
public enum BlockNormKind: String, Codable, Sendable, CaseIterable {
  /// x + f(norm(x)).
  case before
  /// x + norm(f(x)) (timm's ResPostBlock).
  case afterBranch = "after_branch"
  /// norm(x + f(x)) (the first Transformer; PyTorch's TransformerEncoderLayer).
  case afterSum = "after_sum"
}

/// Norms of the patch embedding.
public enum PatchNormKind: String, Codable, Sendable, CaseIterable {
  /// None.
  case none
  /// Over a patch's numbers before it, and over the token's after it (vit-pytorch).
  case around
}

/// Which tokens have a position embedding.
public enum PositionKind: String, Codable, Sendable, CaseIterable {
  /// The class token and the patches.
  case allTokens = "all_tokens"
  /// The patches only (timm's `no_embed_class`).
  case patches
  /// None.
  case none
}

/// LayerNorm over each head of queries and keys, before their product.
public enum QKNormKind: String, Codable, Sendable, CaseIterable {
  /// None.
  case none
  /// A scale without a shift (vmoe).
  case scale
  /// Scale and shift (timm).
  case scaleAndShift = "scale_and_shift"
}

/// Where the last LayerNorm stands.
public enum FinalNormKind: String, Codable, Sendable, CaseIterable {
  /// On the tokens, before pooling.
  case tokens
  /// On the pooled features (timm's `fc_norm`).
  case features
  /// None (Hugging Face's CLIP classifier).
  case none
}

/// How tokens become one feature vector.
public enum PoolingKind: String, Codable, Sendable, CaseIterable {
  /// The class token.
  case classToken = "class_token"
  /// The first token, of a model without a class token.
  case firstToken = "first_token"
  /// The mean of the patch tokens.
  case mean
  /// The mean of all tokens, those before the patches too.
  case meanOfAll = "mean_of_all"
  /// A learned probe attends over all tokens (vmoe's MapHead).
  case map
  /// The class token and the mean of the patch tokens side by side (DINOv2).
  case classTokenAndMean = "class_token_and_mean"
  /// The first two tokens side by side (DeiT's class and distillation tokens).
  case twoTokens = "two_tokens"

  /// The pooled vector's width over a token's.
  var tokenShare: Int {
    switch self {
    case .classTokenAndMean, .twoTokens: 2
    case .classToken, .firstToken, .mean, .meanOfAll, .map: 1
    }
  }
}

/// Who decides which expert works on which tokens.
public enum RouterKind: String, Codable, Sendable, CaseIterable {
  /// Every slot mixes all tokens, every token all slots' outputs (Soft MoE).
  case soft
  /// Every token is worked on by the K experts that it scores highest (arXiv 2106.05974).
  case tokensChoice = "tokens_choice"
  /// Every expert works on the C tokens that score it highest (arXiv 2202.09368).
  case expertsChoice = "experts_choice"
}

/// What an expert computes of a slot.
public enum ExpertKind: String, Codable, Sendable, CaseIterable {
  /// An MLP of its own.
  case mlp
  /// The second product of the block's MLP: slots are mixed of the rows after the first product and the activation,
  /// which all experts share (fkodom/soft-mixture-of-experts).
  case secondProduct = "second_product"
}

/// How tokens and phi are brought to length 1 before the router's product.
public enum NormalizationKind: String, Codable, Sendable, CaseIterable {
  /// v · rsqrt(Σv² + ε) (vmoe).
  case epsilonInsideRoot = "epsilon_inside_root"
  /// v / (‖v‖ + ε) (the paper's Algorithm 2).
  case epsilonAdded = "epsilon_added"
  /// v / max(‖v‖, ε) (torch.nn.functional.normalize).
  case epsilonFloor = "epsilon_floor"
  /// (v − mean)/√(variance + ε) of tokens, phi as it is stored.
  case layerNorm = "layer_norm"
  /// v as it is.
  case none
}

/// What slots are mixed from.
public enum SlotSource: String, Codable, Sendable, CaseIterable {
  /// The tokens after LayerNorm (vmoe, the paper).
  case tokens
  /// The tokens after the router's normalisation (bwconrad/soft-moe).
  case normalizedTokens = "normalized_tokens"
}

/// What tokens are rounded to before dispatch, and experts' outputs before combine.
public enum DispatchRounding: String, Codable, Sendable, CaseIterable {
  /// Not at all.
  case none
  /// To bfloat16, as vmoe's released code does.
  case bfloat16
}
