import SoftMoEViT

/// fkodom/soft-mixture-of-experts' SoftMoEViT: torch's encoder layers with the norms after the sums and ReLU, ε 1e-5, no norm
/// at the end; patches as vit-pytorch has them; a Soft MoE in every block.
enum Fkodom: SourceFamily {
  static let family = ModelFamily.fkodom

  static func recognizes(_ source: SourceModel) -> Bool {
    source.contains("patch_to_embedding.1.weight") && source.contains("encoder.layers.0.moe.phi")
  }

  static func adapted(_ source: SourceModel) throws(ImportError) -> (SourceModel, Customs) {
    let table = NameTable(
      blocks: ["encoder.layers."],
      block: [
        "self_attn.in_proj_weight": "attn.qkv.weight", "self_attn.in_proj_bias": "attn.qkv.bias",
        "self_attn.out_proj": "attn.proj", "linear": "mlp.linear", "moe.phi": "mlp.phi",
        "moe.experts": "mlp.experts",
      ],
      model: [
        "patch_to_embedding.0": "patch_embed.norm_in", "patch_to_embedding.1": "patch_embed.linear",
        "patch_to_embedding.2": "patch_embed.norm_out", "pos_embedding": "pos_embed", "out": "head",
      ])
    var customs = Customs()
    (customs.normEpsilon, customs.activation, customs.blockNorm) = (1e-5, .relu, .afterSum)
    customs.pooling = .mean
    customs.leadingPositions = [0]
    return (try source.timm(table), customs)
  }
}
