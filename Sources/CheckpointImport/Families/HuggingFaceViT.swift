import SoftMoEViT

/// Hugging Face's ViT, DeiT and MAE: ε 1e-12, GELU by the error function.
///
/// The head reads the class token; DeiT's with a teacher takes the mean of two heads. Of MAE the encoder is read.
enum HuggingFaceViT: SourceFamily {
  static let family = ModelFamily.huggingFaceViT

  static func recognizes(_ source: SourceModel) -> Bool {
    source.contains(suffix: "embeddings.patch_embeddings.projection.weight")
      && source.contains(suffix: ".layernorm_before.weight")
  }

  static func adapted(_ source: SourceModel) throws(ImportError) -> (SourceModel, Customs) {
    let prefix = ["vit.", "deit."].first { source.contains(prefix: $0) } ?? ""
    let table = NameTable(
      blocks: ["encoder.layer.", "encoder.layers.", "layers.", "layer."],
      block: [
        "layernorm_before": "norm1", "layernorm_after": "norm2", "intermediate.dense": "mlp.fc1",
        "output.dense": "mlp.fc2", "attention.output.dense": "attn.proj", "attention.o_proj": "attn.proj",
        "attention.attention.query": "attn.q", "attention.attention.key": "attn.k",
        "attention.attention.value": "attn.v", "attention.q_proj": "attn.q", "attention.k_proj": "attn.k",
        "attention.v_proj": "attn.v",
      ],
      model: [
        "embeddings.cls_token": "cls_token", "embeddings.distillation_token": "dist_token",
        "embeddings.position_embeddings": "pos_embed",
        "embeddings.patch_embeddings.projection": "patch_embed.proj", "layernorm": "norm",
        "pooler.dense": "pre_logits.fc", "classifier": "head", "cls_classifier": "head",
        "distillation_classifier": "head_dist",
      ], aside: ["embeddings.mask_token", "decoder."])
    // A classifier reads the class token itself, not the pooler's answer.
    let hasClassifier = source.contains("classifier.weight") || source.contains("cls_classifier.weight")
    let model = try source.renamed(to: "timm") { name in
      let bare = name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
      return hasClassifier && bare.hasPrefix("pooler.") ? nil : table.timm(bare)
    }.fusingProjections()
    var customs = Customs()
    customs.normEpsilon = 1e-12
    customs.likelyEpsilons = [1e-12, 1e-6]
    if !model.contains("head_dist.weight") { customs.pooling = .classToken }
    customs.leadingPositions = [model.contains("dist_token") ? 2 : 1]
    return (model, customs)
  }
}

/// Hugging Face's DINOv2, with and without registers: the head reads the class token and the mean of the patches side by
/// side; registers have no position.
enum HuggingFaceDINOv2: SourceFamily {
  static let family = ModelFamily.huggingFaceDINOv2

  static func recognizes(_ source: SourceModel) -> Bool {
    source.contains(suffix: "embeddings.patch_embeddings.projection.weight")
      && source.contains(suffix: ".layer_scale1.lambda1") && source.contains(suffix: ".norm1.weight")
  }

  static func adapted(_ source: SourceModel) throws(ImportError) -> (SourceModel, Customs) {
    let prefix = ["dinov2.", "dinov2_with_registers."].first { source.contains(prefix: $0) } ?? ""
    let table = NameTable(
      blocks: ["encoder.layer.", "encoder.layers.", "layers.", "layer."],
      block: [
        "attention.output.dense": "attn.proj", "attention.o_proj": "attn.proj",
        "attention.attention.query": "attn.q", "attention.attention.key": "attn.k",
        "attention.attention.value": "attn.v", "attention.q_proj": "attn.q", "attention.k_proj": "attn.k",
        "attention.v_proj": "attn.v", "layer_scale1.lambda1": "ls1.gamma",
        "layer_scale2.lambda1": "ls2.gamma",
        "mlp.weights_in": "mlp.fc1", "mlp.weights_out": "mlp.fc2", "mlp.gate_proj": "mlp.fc1_g",
        "mlp.up_proj": "mlp.fc1_x", "mlp.down_proj": "mlp.fc2",
      ],
      model: [
        "embeddings.cls_token": "cls_token", "embeddings.register_tokens": "reg_token",
        "embeddings.position_embeddings": "pos_embed",
        "embeddings.patch_embeddings.projection": "patch_embed.proj", "layernorm": "norm",
        "classifier": "head",
      ], aside: ["embeddings.mask_token"])
    let model = try source.renamed(to: "timm") { name in
      table.timm(name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name)
    }.fusingProjections()
    var customs = Customs()
    customs.pooling = model.contains("head.weight") ? .classTokenAndMean : .classToken
    customs.leadingPositions = [1]
    return (model, customs)
  }
}
