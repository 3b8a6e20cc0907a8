import SoftMoEViT

/// timm's VisionTransformer and DeiT: the names that all PyTorch families are brought to.
enum Timm: SourceFamily {
  static let family = ModelFamily.timm

  static func recognizes(_ source: SourceModel) -> Bool {
    source.contains("patch_embed.proj.weight") || source.contains("visual.trunk.patch_embed.proj.weight")
  }

  static func adapted(_ source: SourceModel) throws(ImportError) -> (SourceModel, Customs) {
    // open_clip's towers that timm makes; the text tower lies beside them.
    let tower = source.contains("visual.trunk.patch_embed.proj.weight")
    let model = try source.renamed(to: "timm") { name in
      if !tower { return name }
      if name.hasPrefix("visual.head.proj.") { return "head." + name.dropFirst("visual.head.proj.".count) }
      return name.hasPrefix("visual.trunk.") ? String(name.dropFirst("visual.trunk.".count)) : nil
    }.fusingProjections().withZeroHeadBias(if: tower)
    var customs = Customs()
    // No CLIP model has experts of bwconrad's.
    if model.contains("norm_pre.weight"), !model.contains(suffix: ".mlp.phi") {
      customs.normDoubt = "a LayerNorm precedes the blocks, as in CLIP models, whose epsilon is 1e-5"
      customs.activationDoubt =
        "a LayerNorm precedes the blocks, as in CLIP models, some of which have quick_gelu"
    }
    if model.contains("attn_pool.latent") {
      customs.activationDoubt = "it has an attention pool, as SigLIP, whose second version has gelu_tanh"
    }
    let isWithoutTokens = !model.contains("cls_token") && !model.contains("attn_pool.latent")
    if isWithoutTokens, !model.contains("head.weight") {
      customs.activationDoubt =
        "it has neither class token nor head, as SigLIP's backbones, of which some have gelu_tanh"
    }
    if isWithoutTokens, !model.contains("reg_token"),
      try model.shape("patch_embed.proj.weight", rank: 4)[0] == 768
    {
      customs.headDoubt = "ViT-B without a class token has 16 heads in some models, 12 in others"
    }
    if !model.contains("blocks.0.norm1.bias") {
      customs.headDoubt = "models with RMSNorm have heads of 64 (ViT) and of 128 (AIMv2) numbers"
      customs.normDoubt = "models with RMSNorm have an epsilon of 1e-6 (ViT) or 1e-5 (AIMv2)"
    }
    return (model, customs)
  }
}

extension SourceModel {
  fileprivate func withZeroHeadBias(if condition: Bool) throws(ImportError) -> SourceModel {
    condition ? try withZeroHeadBias() : self
  }
}

/// Meta's DINOv2 as published: timm's names but for the registers and the gated MLP.
enum DINOv2: SourceFamily {
  static let family = ModelFamily.dinov2

  static func recognizes(_ source: SourceModel) -> Bool {
    source.contains("patch_embed.proj.weight") && source.contains("mask_token")
      && source.contains("blocks.0.ls1.gamma")
  }

  static func adapted(_ source: SourceModel) throws(ImportError) -> (SourceModel, Customs) {
    let table = NameTable(
      blocks: ["blocks."], block: ["mlp.w12": "mlp.fc1", "mlp.w3": "mlp.fc2"],
      model: ["register_tokens": "reg_token", "linear_head": "head"], aside: ["mask_token"])
    var customs = Customs()
    customs.leadingPositions = [1]
    return (try source.timm(table), customs)
  }
}
