/// A library's names and timm's for the same tensors.
///
/// A name is a path of parts; a table's key is the beginning of such a path, and what follows it stays.
struct NameTable {
  /// What stands before a block's index: `encoder.layer.`.
  var blocks: [String] = []
  /// Parts of a block.
  var block: [String: String] = [:]
  /// Parts of the model.
  var model: [String: String] = [:]
  /// Beginnings of names that the model does not need.
  var aside: [String] = []

  /// timm's name; nil for what is set aside; the same name where the table has none.
  func timm(_ name: String) -> String? {
    for prefix in blocks where name.hasPrefix(prefix) {
      let rest = name.dropFirst(prefix.count)
      let index = rest.prefix { $0.isNumber }
      guard !index.isEmpty, rest.dropFirst(index.count).first == "." else { continue }
      let part = String(rest.dropFirst(index.count + 1))
      return "blocks.\(index).\(Self.replaced(part, by: block) ?? part)"
    }
    if aside.contains(where: { name.hasPrefix($0) }) { return nil }
    return Self.replaced(name, by: model) ?? name
  }

  /// By the longest key that is the path's beginning.
  private static func replaced(_ name: String, by table: [String: String]) -> String? {
    var key = Substring(name)
    while true {
      if let new = table[String(key)] { return new + name.dropFirst(key.count) }
      guard let dot = key.lastIndex(of: ".") else { return nil }
      key = key[..<dot]
    }
  }
}

extension SourceModel {
  /// By timm's names, queries, keys and values in one.
  func timm(_ table: NameTable) throws(ImportError) -> SourceModel {
    try renamed(to: "timm", table.timm).fusingProjections()
  }

  /// `attn.{q,k,v}` as `attn.qkv`, `mlp.{fc1_g,fc1_x}` as `mlp.fc1`; a bias that only some have is zero in the others.
  func fusingProjections() throws(ImportError) -> SourceModel {
    var changes: [String: LazyTensor?] = [:]
    for (parts, fused) in [
      (["attn.q", "attn.k", "attn.v"], "attn.qkv"), (["mlp.fc1_g", "mlp.fc1_x"], "mlp.fc1"),
    ] {
      for block in 0..<blockCount(in: names, prefix: "blocks.") {
        let old = parts.map { "blocks.\(block).\($0)" }
        guard contains("\(old[0]).weight") else { continue }
        var (weights, biases): ([LazyTensor], [LazyTensor]) = ([], [])
        let hasBias = old.contains { contains("\($0).bias") }
        for part in old {
          let weight = try take("\(part).weight", shape("\(part).weight", rank: 2))
          weights.append(weight)
          changes.updateValue(nil, forKey: "\(part).weight")
          guard hasBias else { continue }
          biases.append(
            self["\(part).bias"]
              ?? LazyTensor(name: "\(part).bias", shape: [weight.shape[0]], repeating: 0))
          changes.updateValue(nil, forKey: "\(part).bias")
        }
        changes["blocks.\(block).\(fused).weight"] = try .concatenated(weights)
        if hasBias { changes["blocks.\(block).\(fused).bias"] = try .concatenated(biases) }
      }
    }
    return replacing(changes)
  }

  /// A head without a bias gets one of zeros.
  func withZeroHeadBias() throws(ImportError) -> SourceModel {
    guard contains("head.weight"), !contains("head.bias") else { return self }
    return replacing([
      "head.bias": LazyTensor(name: "head.bias", shape: [try shape("head.weight", rank: 2)[0]], repeating: 0)
    ])
  }
}
