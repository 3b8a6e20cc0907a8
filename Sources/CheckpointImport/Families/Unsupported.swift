/// What is recognised and can't be run, by the names that tell it.
enum Unsupported {
  private struct Sign: Sendable {
    let isFound: @Sendable (SourceModel) -> Bool
    let feature: String

    /// A name that begins or ends so.
    init(prefix: String = "", suffix: String = "", _ feature: String) {
      self.init(feature) { $0.contains(prefix: prefix, suffix: suffix) }
    }

    /// A name with that in it.
    init(part: String, _ feature: String) {
      self.init(feature) { source in source.names.contains { $0.contains(part) } }
    }

    init(_ feature: String, _ isFound: @escaping @Sendable (SourceModel) -> Bool) {
      (self.isFound, self.feature) = (isFound, feature)
    }
  }

  private static let signs: [Sign] = [
    Sign(part: "relative_position_bias", "the relative position bias of BEiT (timm, Hugging Face)"),
    Sign(part: ".rel_pos.", "the relative positions of timm's VisionTransformerRelPos"),
    Sign(part: ".rel_pos_", "the relative positions of SAM"),
    Sign(prefix: "rope", "rotary positions (DINOv3, EVA-02 and the ViTs with RoPE)"),
    Sign(part: ".rope", "rotary positions (DINOv3, EVA-02 and the ViTs with RoPE)"),
    Sign("the rotary positions of DINOv3 (Hugging Face)") {
      $0.contains("embeddings.patch_embeddings.weight") && $0.contains(prefix: "layer.0.attention.")
        || $0.contains(suffix: "embeddings.register_tokens") && !$0.contains(suffix: "position_embeddings")
    },
    Sign(
      "the EVA architecture of timm (EVA, EVA-02, rotary ViTs), whose tensors do not tell its rotary positions"
    ) { source in
      source.contains("patch_embed.proj.weight")
        && [".attn.q_proj.weight", ".attn.q_bias", ".gamma_1"].contains { source.contains(suffix: $0) }
    },
    Sign("a ViT without a position embedding in its tensors, as timm's DINOv3 with its rotary positions") {
      $0.contains("patch_embed.proj.weight") && !$0.contains("pos_embed")
    },
    Sign("the rotary positions of the Perception Encoder (timm's vit_pe)") {
      // Its blocks have CLIP's names; only its ends differ.
      $0.contains("patch_embed.proj.weight") && $0.contains("norm_pre.weight")
        && (!$0.contains("norm.weight") && !$0.contains("fc_norm.weight")
          || $0.contains("cls_token") && $0.contains("attn_pool.latent"))
    },
    Sign(part: ".univ_experts.", "SpheroMoE of MoE-Jetpack (two groups of experts, entmax-1.5)"),
    Sign(
      part: ".to_slot_embeds.",
      "DynamicSlotsSoftMoE of lucidrains/soft-moe-pytorch (slots made of the tokens)"),
    Sign(
      "the dense ViT of fkodom/soft-mixture-of-experts, whose attention is over the images of a batch, not over patches"
    ) { $0.contains("patch_to_embedding.1.weight") && $0.contains("encoder.layers.0.linear2.weight") },
    Sign(
      "E³, vmoe's efficient ensembles of experts, whose router has an axis of the ensemble's members"
    ) { source in
      source.names.contains { name in
        name.hasSuffix("Moe/Router/dense/kernel") && source[name]?.shape.count == 3
      }
    },
    Sign(prefix: "patch_embed.backbone.", "a hybrid of a convolutional network and a ViT (timm)"),
    Sign(prefix: "conv_root/", "a hybrid of a ResNet and a ViT (google-research/vision_transformer)"),
    Sign(prefix: "conv_stem", "a convolutional stem before the patches"),
    Sign(part: ".attns.0.", "parallel attentions in a block (timm's ParallelThingsBlock)"),
    Sign(suffix: ".in_norm.weight", "attention and MLP in parallel (timm's ParallelScalingBlock, ViT-22B)"),
    Sign(suffix: ".attn.lambda_q1", "differential attention (timm's DiffAttention)"),
    Sign(suffix: ".attn.norm.weight", "a norm inside the attention (BEiT-3, EVA-02)"),
    Sign(suffix: ".mlp.norm.weight", "a norm inside the MLP (BEiT-3, EVA-02)"),
    Sign(prefix: "neck.", "the neck of SAM's image encoder"),
    Sign("images of flexible size with positions resized to them (SigLIP 2 NaFlex)") { source in
      ["", "vision_model."].contains {
        source["\($0)embeddings.patch_embedding.weight"].map { $0.shape.count == 2 } ?? false
      }
    },
    Sign(suffix: ".attention.qkv.weight", "the attention of ViT-Hybrid or Swin under Hugging Face's names"),
    Sign(suffix: ".attn.relative_position_index", "the windows of Swin"),
    Sign(prefix: "layer1.0.conv1.", "a ResNet; this serves Vision Transformers"),
    Sign(prefix: "stages.", "a network in stages (ConvNeXt, Swin); this serves Vision Transformers"),
  ]

  /// - Throws: `ImportError.unsupported` with the feature's name and library.
  static func check(_ source: SourceModel) throws(ImportError) {
    if let sign = signs.first(where: { $0.isFound(source) }) { throw .unsupported(sign.feature) }
  }
}
