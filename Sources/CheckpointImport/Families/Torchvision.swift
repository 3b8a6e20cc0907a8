import SoftMoEViT

/// torchvision's VisionTransformer: ε 1e-6, GELU by the error function, heads of 64 but for H/14's 80.
enum Torchvision: SourceFamily {
  static let family = ModelFamily.torchvision

  static func recognizes(_ source: SourceModel) -> Bool {
    source.contains("conv_proj.weight")
      && source.contains(prefix: "encoder.layers.encoder_layer_0.self_attention.")
  }

  static func adapted(_ source: SourceModel) throws(ImportError) -> (SourceModel, Customs) {
    let table = NameTable(
      blocks: ["encoder.layers.encoder_layer_"],
      block: [
        "ln_1": "norm1", "ln_2": "norm2", "self_attention.in_proj_weight": "attn.qkv.weight",
        "self_attention.in_proj_bias": "attn.qkv.bias", "self_attention.out_proj": "attn.proj",
        "mlp.0": "mlp.fc1", "mlp.3": "mlp.fc2",
        // Before 0.12 the MLP's parts had names.
        "mlp.linear_1": "mlp.fc1", "mlp.linear_2": "mlp.fc2",
      ],
      model: [
        "class_token": "cls_token", "conv_proj": "patch_embed.proj", "encoder.pos_embedding": "pos_embed",
        "encoder.ln": "norm", "heads.head": "head", "heads.0": "head", "heads.pre_logits": "pre_logits.fc",
      ])
    var customs = Customs()
    customs.pooling = .classToken
    customs.leadingPositions = [1]
    return (try source.timm(table), customs)
  }
}
