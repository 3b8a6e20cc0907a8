import SoftMoEViT

/// What names and shapes tell of a model, and what is asked where they don't.
extension TimmReader {
  /// The configuration, and how many tokens before the patches the position table covers.
  func configuration() throws(ImportError) -> (ModelConfiguration, leading: Int) {
    let (patch, d) = try patchSize()
    let depth = blockCount(in: source.names, prefix: "blocks.")
    let classToken = source.contains("cls_token")
    var prefixCount = 0
    for name in ["dist_token", "reg_token"] where source.contains(name) {
      prefixCount += try source.shape(name, rank: 3)[1]
    }
    let image = try imageSize(patch: patch, width: d, classToken: classToken, prefixCount)
    let inner = try source.shape("blocks.0.attn.qkv.weight", rank: 2)[0] / 3
    let heads = try headCount(width: d, inner: inner)
    let mlp = try mlp(depth: depth)
    let soft = try softMoE(depth: depth)
    let qkNorm = source.contains("blocks.0.attn.q_norm.weight")
    let pooling = try pooling(classToken: classToken, width: d)
    let hasPositions = source.contains("pos_embed") || customs.computedPositions
    return (
      ModelConfiguration(
        imageHeight: image.height, imageWidth: image.width, patchSize: patch, width: d, depth: depth,
        headCount: heads, mlpWidth: mlp?.width ?? soft?.expertWidth ?? 4 * d,
        classCount: source.contains("head.weight") ? try source.shape("head.weight", rank: 2)[0] : 0,
        activation: try activation(isGated: mlp?.isGated ?? false),
        normEpsilon: try decisions.normEpsilon(
          tensors: nil, customary: customs.normEpsilon, likely: customs.likelyEpsilons,
          doubt: customs.normDoubt),
        classToken: classToken,
        position: hasPositions ? (classToken && image.leading == 0 ? .patches : .allTokens) : .none,
        patchBias: source.contains("patch_embed.proj.bias") || source.contains("patch_embed.linear.bias"),
        preNorm: source.contains("norm_pre.weight"), qkvBias: source.contains("blocks.0.attn.qkv.bias"),
        qkNorm: !qkNorm ? .none : source.contains("blocks.0.attn.q_norm.bias") ? .scaleAndShift : .scale,
        layerScale: source.contains("blocks.0.ls1.gamma"),
        finalNorm: try finalNorm(pooling), pooling: pooling,
        preLogitsWidth: source.contains("pre_logits.fc.weight")
          ? try source.shape("pre_logits.fc.weight", rank: 2)[0] : nil,
        moe: soft, prefixTokenCount: prefixCount,
        patchNorm: source.contains("patch_embed.norm_in.weight") ? .around : .none,
        headWidth: inner / heads,
        blockNorm: try decisions.blockNorm(
          tensors: nil, customary: customs.blockNorm, likely: [.before, .afterBranch, .afterSum], doubt: nil),
        norm: source.contains("blocks.0.norm1.bias") ? .layer : .rms, gatedMLP: mlp?.isGated ?? false),
      image.leading
    )
  }

  private func patchSize() throws(ImportError) -> (patch: Int, width: Int) {
    if source.contains("patch_embed.linear.weight") {
      let shape = try source.shape("patch_embed.linear.weight", rank: 2)
      guard shape[1] % 3 == 0, let patch = integerSquareRoot(shape[1] / 3) else {
        throw .unsupported(
          "patches of \(shape[1]) numbers, which are no square of three colour channels (vit-pytorch)")
      }
      return (patch, shape[0])
    }
    let shape = try source.shape("patch_embed.proj.weight", rank: 4)
    guard shape[1] == 3 else {
      throw .unsupported(
        "images of \(shape[1]) colour channel\(shape[1] == 1 ? "" : "s"), as "
          + "'\(source["patch_embed.proj.weight"]?.name ?? "")' says; expected 3")
    }
    guard shape[2] == shape[3] else {
      throw .unsupported("patches of \(shape[2])x\(shape[3]) pixels; expected squares")
    }
    return (shape[2], shape[0])
  }

  private func imageSize(patch: Int, width: Int, classToken: Bool, _ prefixCount: Int) throws(ImportError)
    -> (height: Int, width: Int, leading: Int)
  {
    let cls = classToken ? 1 : 0
    guard let table = source["pos_embed"] else {
      if customs.computedPositions, width % 4 != 0 {
        throw .unsupported("computed positions in tokens \(width) wide; expected a width that 4 divides")
      }
      return try decisions.imageSize(patch: patch, positionCount: nil, leadingCounts: [0])
    }
    guard table.shape.count >= 2, table.shape.allSatisfy({ $0 > 0 }) else {
      throw .wrongRank(name: table.name, expected: 3, found: table.shape)
    }
    // timm's no_embed_class has rows for the patches alone; registers came with it.
    let usual =
      prefixCount > 0 && !source.contains("dist_token")
      ? [0, cls + prefixCount, cls] : [cls + prefixCount, 0]
    return try decisions.imageSize(
      patch: patch, positionCount: table.shape[table.shape.count - 2],
      leadingCounts: customs.leadingPositions
        ?? usual.reduce(into: []) { if !$0.contains($1) { $0.append($1) } })
  }

  private func headCount(width: Int, inner: Int) throws(ImportError) -> Int {
    let told =
      source.contains("blocks.0.attn.q_norm.weight")
      ? inner / (try source.shape("blocks.0.attn.q_norm.weight", rank: 1)[0]) : nil
    // Widths of which all published models have heads of 64; vit-pytorch's default is 64 at any width.
    let isUsual = [192, 384, 512, 768, 1024].contains(width) || customs.headWidthIsFixed
    let customary = customs.headWidth.flatMap { isUsual && inner % $0 == 0 && inner >= $0 ? inner / $0 : nil }
    let widths = inner >= 64 ? [64, 80, 72, 88, 96, 128, 48, 32, 16] : [inner, inner / 2, inner / 4]
    let likely = widths.filter { $0 > 0 && inner % $0 == 0 }.map { inner / $0 }
    // No published model has heads narrower than 8 or wider than 256, but for toys.
    let possible = (inner >= 64 ? 8..<257 : 1..<inner + 1).filter { inner % $0 == 0 }.map { inner / $0 }
    let heads = try decisions.headCount(
      tensors: told, customary: customary, likely: likely, possible: possible, doubt: customs.headDoubt)
    guard heads > 0, inner % heads == 0 else {
      throw .option(
        name: "heads", problem: "\(heads) heads do not divide the width \(inner) of the attention")
    }
    return heads
  }

  /// The hidden width of the dense MLPs, and whether a half of the first product gates the other.
  private func mlp(depth: Int) throws(ImportError) -> (width: Int, isGated: Bool)? {
    guard let block = (0..<depth).first(where: { source.contains("blocks.\($0).mlp.fc1.weight") }) else {
      return nil
    }
    let up = try source.shape("blocks.\(block).mlp.fc1.weight", rank: 2)[0]
    let down = try source.shape("blocks.\(block).mlp.fc2.weight", rank: 2)[1]
    return up == down * 2 ? (down, true) : (up, false)
  }

  private func activation(isGated: Bool) throws(ImportError) -> ActivationKind {
    try decisions.activation(
      tensors: nil, customary: isGated ? .silu : customs.activation,
      likely: isGated ? [.silu, .geluErf] : customs.likelyActivations,
      doubt: isGated ? nil : customs.activationDoubt)
  }

  private func pooling(classToken: Bool, width: Int) throws(ImportError) -> PoolingKind {
    let isSideBySide =
      source["head.weight"].map { $0.shape.count == 2 && $0.shape[1] == 2 * width } ?? false
      && !source.contains("pre_logits.fc.weight")
    let told: PoolingKind? =
      source.contains("attn_pool.latent")
      ? .map
      : source.contains("head_dist.weight")
        ? .twoTokens : isSideBySide && classToken ? .classTokenAndMean : customs.pooling
    let customary: PoolingKind = classToken && !source.contains("fc_norm.weight") ? .classToken : .mean
    let likely: [PoolingKind] =
      customs.likelyPoolings.isEmpty
      ? (classToken ? [customary, customary == .mean ? .classToken : .mean] : [.mean])
      : customs.likelyPoolings
    return try decisions.pooling(
      tensors: told, customary: customary, likely: likely, doubt: nil, classToken: classToken)
  }

  /// timm calls the norm `fc_norm` that follows the pooling, whose own `norm` is then none.
  private func finalNorm(_ pooling: PoolingKind) throws(ImportError) -> FinalNormKind {
    if source.contains("fc_norm.weight") {
      return try decisions.finalNorm(tensors: .features, customary: nil, likely: [])
    }
    guard source.contains("norm.weight") else {
      return try decisions.finalNorm(tensors: FinalNormKind.none, customary: nil, likely: [])
    }
    // Of one token the norm is the same before and after it is taken; of two side by side it stands before.
    let isOfMany = [.mean, .meanOfAll, .map].contains(pooling)
    return try decisions.finalNorm(
      tensors: nil, customary: .tokens, likely: isOfMany ? [.tokens, .features, .none] : [.tokens, .none])
  }

  private func softMoE(depth: Int) throws(ImportError) -> ModelConfiguration.SoftMoE? {
    let layers = (0..<depth).filter { softLayer($0) != nil }
    guard let first = layers.first, let layer = softLayer(first) else { return nil }
    var moe = try layer.configuration(layers: layers)
    moe.dispatchRounding = options.dispatchRounding ?? .none
    moe.norm = source.contains("blocks.\(first).norm2.weight")
    return moe
  }
}
