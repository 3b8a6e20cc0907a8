import SoftMoEViT

/// The image tower of open_clip's and OpenAI's CLIP: a LayerNorm before the blocks, the projection into the common
/// space as head. Whether its GELU is by the error function or quick is the model's choice.
enum OpenCLIP: SourceFamily {
  static let family = ModelFamily.openCLIP

  static func recognizes(_ source: SourceModel) -> Bool {
    ["", "visual."].contains {
      source.contains("\($0)conv1.weight") && source.contains("\($0)ln_post.weight")
    }
  }

  static func adapted(_ source: SourceModel) throws(ImportError) -> (SourceModel, Customs) {
    let tower = source.contains("visual.conv1.weight") ? "visual." : ""
    let table = NameTable(
      blocks: ["transformer.resblocks."],
      block: [
        "ln_1": "norm1", "ln_2": "norm2", "attn.in_proj_weight": "attn.qkv.weight",
        "attn.in_proj_bias": "attn.qkv.bias", "attn.out_proj": "attn.proj", "mlp.c_fc": "mlp.fc1",
        "mlp.c_proj": "mlp.fc2", "ls_1": "ls1", "ls_2": "ls2",
      ],
      model: [
        "class_embedding": "cls_token", "positional_embedding": "pos_embed", "conv1": "patch_embed.proj",
        "ln_pre": "norm_pre", "ln_post": "norm",
      ])
    var model = try source.renamed(to: "timm") { name in
      name.hasPrefix(tower) ? table.timm(String(name.dropFirst(tower.count))) : nil
    }.fusingProjections()
    if let projection = model["proj"] {
      // [d, c], applied from the right and without a bias.
      let shape = try model.shape("proj", rank: 2)
      let (d, c) = (shape[0], shape[1])
      model = model.replacing([
        "proj": nil,
        "head.weight": LazyTensor(name: projection.name, shape: [c, d]) { range in
          Array(transpose(projection.floats(), rows: d, columns: c)[range])
        },
        "head.bias": LazyTensor(name: projection.name, shape: [c], repeating: 0),
      ])
    }
    var customs = Customs()
    (customs.normEpsilon, customs.activation) = (1e-5, nil)
    customs.likelyActivations = [.geluErf, .quickGelu]
    customs.pooling = .classToken
    customs.leadingPositions = [1]
    return (model, customs)
  }
}
