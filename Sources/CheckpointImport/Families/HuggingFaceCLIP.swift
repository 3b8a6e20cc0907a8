import SoftMoEViT

/// The image towers of Hugging Face's CLIP and SigLIP have the same names but for their ends.
private let towerNames = NameTable(
  blocks: ["encoder.layers."],
  block: [
    "layer_norm1": "norm1", "layer_norm2": "norm2", "self_attn.q_proj": "attn.q",
    "self_attn.k_proj": "attn.k",
    "self_attn.v_proj": "attn.v", "self_attn.out_proj": "attn.proj",
  ],
  model: [
    "embeddings.class_embedding": "cls_token", "embeddings.patch_embedding": "patch_embed.proj",
    "embeddings.position_embedding.weight": "pos_embed", "pre_layrnorm": "norm_pre", "post_layernorm": "norm",
  ])

extension SourceModel {
  /// The tower by timm's names, the text tower aside.
  ///
  /// - Parameters:
  ///   - aside: beginnings of names in the tower that its answer does not depend on.
  ///   - head: the name of what makes logits of features.
  fileprivate func tower(aside: [String], head: String) throws(ImportError) -> SourceModel {
    let prefix = contains(prefix: "vision_model.") ? "vision_model." : ""
    var table = towerNames
    table.aside = aside
    return try renamed(to: "timm") { name in
      if name.hasPrefix(head + ".") { return "head" + name.dropFirst(head.count) }
      let isText = ["text_model.", "text_projection.", "logit_scale", "logit_bias"].contains {
        name.hasPrefix($0)
      }
      if isText || name == "visual_projection.weight" { return nil }
      return table.timm(name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name)
    }.fusingProjections()
  }

  fileprivate var isTower: Bool {
    contains(suffix: "embeddings.patch_embedding.weight")
      && contains(suffix: "encoder.layers.0.layer_norm1.weight")
  }
}

/// Hugging Face's CLIP: ε 1e-5, x·σ(1.702x).
///
/// A classifier reads the mean of the patches without the last norm; without one the answer is the normed class token,
/// projected into the space common with texts where the file has the projection.
enum HuggingFaceCLIP: SourceFamily {
  static let family = ModelFamily.huggingFaceCLIP

  static func recognizes(_ source: SourceModel) -> Bool {
    source.isTower && source.contains(suffix: "embeddings.class_embedding")
  }

  static func adapted(_ source: SourceModel) throws(ImportError) -> (SourceModel, Customs) {
    let isClassifier = source.contains("classifier.weight")
    let model = try source.tower(
      aside: isClassifier ? ["post_layernorm."] : [], head: isClassifier ? "classifier" : "visual_projection"
    )
    var customs = Customs()
    (customs.normEpsilon, customs.activation) = (1e-5, .quickGelu)
    // Checkpoints of LAION have the other function under the same names.
    customs.likelyActivations = [.quickGelu, .geluErf]
    customs.pooling = isClassifier ? .mean : .classToken
    customs.leadingPositions = [1]
    return (isClassifier ? model : try model.withZeroHeadBias(), customs)
  }
}

/// Hugging Face's SigLIP: ε 1e-6, GELU by tanh. A classifier reads the mean of the patches; without one the answer is the
/// attention pool's.
enum HuggingFaceSigLIP: SourceFamily {
  static let family = ModelFamily.huggingFaceSigLIP

  static func recognizes(_ source: SourceModel) -> Bool {
    source.isTower && !source.contains(suffix: "embeddings.class_embedding")
  }

  static func adapted(_ source: SourceModel) throws(ImportError) -> (SourceModel, Customs) {
    let isClassifier = source.contains("classifier.weight")
    var model = try source.tower(
      aside: isClassifier ? ["head."] : [], head: isClassifier ? "classifier" : "visual_projection")
    if !isClassifier, model.contains("head.probe") { model = try model.withAttentionPool() }
    var customs = Customs()
    customs.activation = .geluTanh
    customs.pooling = isClassifier ? .mean : nil
    customs.leadingPositions = [0]
    return (model, customs)
  }
}

extension SourceModel {
  /// torch's MultiheadAttention of a probe as timm's `attn_pool`.
  fileprivate func withAttentionPool() throws(ImportError) -> SourceModel {
    let d = try shape("head.attention.in_proj_weight", rank: 2)[1]
    let weight = try take("head.attention.in_proj_weight", [3 * d, d])
    let bias = try take("head.attention.in_proj_bias", [3 * d])
    let split = replacing([
      "head.attention.in_proj_weight": nil, "head.attention.in_proj_bias": nil,
      "attn_pool.q.weight": try weight.rows(0..<d), "attn_pool.q.bias": try bias.rows(0..<d),
      "attn_pool.kv.weight": try weight.rows(d..<3 * d), "attn_pool.kv.bias": try bias.rows(d..<3 * d),
    ])
    let table = NameTable(model: [
      "head.probe": "attn_pool.latent", "head.attention.out_proj": "attn_pool.proj",
      "head.layernorm": "attn_pool.norm", "head.mlp": "attn_pool.mlp",
    ])
    return try split.renamed(to: "timm", table.timm)
  }
}
