import SoftMoEViT

/// google-research/vmoe: the names that all Flax families are brought to. ε 1e-6, GELU by tanh.
enum VMoE: SourceFamily {
  static let family = ModelFamily.vmoe

  static func recognizes(_ source: SourceModel) -> Bool { source.contains("embedding/kernel") }

  static func adapted(_ source: SourceModel) throws(ImportError) -> (SourceModel, Customs) {
    (source, .flax)
  }
}

/// google-research/vision_transformer: the published npz files (augreg, SAM and others).
enum GoogleViT: SourceFamily {
  static let family = ModelFamily.googleViT

  static func recognizes(_ source: SourceModel) -> Bool {
    source.contains("embedding/kernel")
      && source.contains(prefix: "Transformer/encoderblock_0/MultiHeadDotProductAttention_1/")
  }

  static func adapted(_ source: SourceModel) throws(ImportError) -> (SourceModel, Customs) {
    let model = try source.vmoe([
      "MultiHeadDotProductAttention_1": "SelfAttention", "LayerNorm_2": "LayerNorm_1", "MlpBlock_3": "Mlp",
    ])
    return (model, .flax)
  }
}

/// google-research/big_vision: class token, mean or MAP; positions are the patches' alone.
enum BigVision: SourceFamily {
  static let family = ModelFamily.bigVision
  private static let attention = "MultiHeadDotProductAttention_0"
  /// A model of images and texts has a tower for each.
  private static let roots = ["", "params/", "img/", "params/img/"]

  static func recognizes(_ source: SourceModel) -> Bool {
    roots.contains { root in
      ["_0", ""].contains { source.contains(prefix: "\(root)Transformer/encoderblock\($0)/\(attention)/") }
    }
  }

  static func adapted(_ source: SourceModel) throws(ImportError) -> (SourceModel, Customs) {
    let tower = roots.first { source.contains("\($0)embedding/kernel") } ?? ""
    let model = try source.renamed(to: "vmoe") { name in
      name.hasPrefix(tower) ? String(name.dropFirst(tower.count)) : nil
    }.withoutScan().vmoe([
      attention: "SelfAttention", "MlpBlock_0": "Mlp", "MAPHead_0": "MapHead",
      "MAPHead_0/\(attention)": "MapHead/MultiHeadDotProductAttention",
      "MAPHead_0/LayerNorm_0": "MapHead/LayerNorm",
      "MAPHead_0/MlpBlock_0": "MapHead/Mlp", "pos_embedding": "Encoder/posembed_input/pos_embedding",
    ])
    var customs = Customs.flax
    // Older files have the table under `Transformer/`, as vision_transformer, and with the class token's row.
    if source.contains("\(tower)pos_embedding") { customs.leadingPositions = [0] }
    return (model, customs)
  }
}

extension Customs {
  fileprivate static var flax: Customs {
    var customs = Customs()
    customs.activation = .geluTanh
    return customs
  }
}

extension SourceModel {
  /// By vmoe's names: `Transformer/` is `Encoder/` there, and parts are called as the table says.
  ///
  /// - Parameter parts: of a block, or the beginning of a path outside blocks.
  fileprivate func vmoe(_ parts: [String: String]) throws(ImportError) -> SourceModel {
    try renamed(to: "vmoe") { name in
      var path = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      if path[0] == "Transformer" {
        path[0] = "Encoder"
        if path.count > 2, path[1].hasPrefix("encoderblock"), let part = parts[path[2]] { path[2] = part }
        return path.joined(separator: "/")
      }
      for count in stride(from: path.count, to: 0, by: -1) {
        if let new = parts[path[..<count].joined(separator: "/")] {
          return ([new] + path[count...]).joined(separator: "/")
        }
      }
      return name
    }
  }

  /// Blocks that a scan holds as one, their index the first axis, apart.
  fileprivate func withoutScan() throws(ImportError) -> SourceModel {
    let prefix = "Transformer/encoderblock/"
    var changes: [String: LazyTensor?] = [:]
    for name in names where name.hasPrefix(prefix) {
      guard let stacked = self[name], let depth = stacked.shape.first, depth <= 1_024 else { continue }
      changes.updateValue(nil, forKey: name)
      for block in 0..<depth {
        changes["Transformer/encoderblock_\(block)/\(name.dropFirst(prefix.count))"] =
          try stacked.rows(block..<block + 1).reshaped(Array(stacked.shape.dropFirst()))
      }
    }
    return replacing(changes)
  }
}
