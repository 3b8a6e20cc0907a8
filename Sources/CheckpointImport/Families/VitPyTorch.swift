import SoftMoEViT

/// lucidrains/vit-pytorch's ViT and SimpleViT: ε 1e-5, GELU by the error function, heads of 64 whatever the width.
///
/// Patches are (row, column, channel) through LayerNorm, Linear and LayerNorm; SimpleViT computes its positions.
enum VitPyTorch: SourceFamily {
  static let family = ModelFamily.vitPyTorch

  static func recognizes(_ source: SourceModel) -> Bool {
    source.contains(prefix: "to_patch_embedding.") && source.contains(prefix: "transformer.layers.0.")
  }

  static func adapted(_ source: SourceModel) throws(ImportError) -> (SourceModel, Customs) {
    var table = NameTable(
      blocks: ["transformer.layers."],
      block: [
        "0.norm": "norm1", "0.to_qkv": "attn.qkv", "0.to_out": "attn.proj", "0.to_out.0": "attn.proj",
        "1.net.0": "norm2", "1.net.1": "mlp.fc1", "1.net.3": "mlp.fc2", "1.net.4": "mlp.fc2",
        // Before 1.5 a wrapper held the norm, and the layer under `fn`.
        "0.fn.to_qkv": "attn.qkv", "0.fn.to_out": "attn.proj", "0.fn.to_out.0": "attn.proj",
        "1.norm": "norm2",
        "1.fn.net.0": "mlp.fc1", "1.fn.net.3": "mlp.fc2",
        // lucidrains/soft-moe-pytorch in the MLP's place.
        "1.norm.gamma": "mlp.norm.gamma", "1.norm.beta": "mlp.norm.beta", "1.slot_norm": "mlp.slot_norm",
        "1.slot_embeds": "mlp.slot_embeds", "1.experts": "mlp.experts",
      ],
      model: [
        "pos_embedding": "pos_embed", "transformer.norm": "norm", "linear_head": "head", "mlp_head": "head",
        "mlp_head.0": "fc_norm", "mlp_head.1": "head", "linear_head.0": "fc_norm", "linear_head.1": "head",
      ])
    // The first part arranges pixels and has no tensor.
    let isNormed = source["to_patch_embedding.1.weight"]?.shape.count == 1
    table.model["to_patch_embedding.1"] = isNormed ? "patch_embed.norm_in" : "patch_embed.linear"
    if isNormed {
      table.model["to_patch_embedding.2"] = "patch_embed.linear"
      table.model["to_patch_embedding.3"] = "patch_embed.norm_out"
    }
    // A model that pools by the mean has a class token of no rows.
    let isEmpty = source["cls_token"]?.count == 0
    if isEmpty { table.aside = ["cls_token"] }
    let model = try source.timm(table)
    var customs = Customs()
    customs.normEpsilon = 1e-5
    customs.headWidthIsFixed = true
    customs.computedPositions = !model.contains("pos_embed")
    customs.leadingPositions = model.contains("cls_token") ? [1] : [0]
    // Old versions had the class token among the tokens of which the mean is taken.
    if model.contains("cls_token") { customs.likelyPoolings = [.classToken, .meanOfAll] }
    return (model, customs)
  }
}
