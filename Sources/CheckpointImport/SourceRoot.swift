/// What training code wraps a model's names in: `state_dict.module.blocks.0…`.
///
/// Wrappers come off from the outside while nothing but them, and what is known to be no model, stands at a level.
package struct SourceRoot {
  /// Names whose insides may be the model.
  private static let wrappers: Set<String> = [
    "state_dict", "model_state_dict", "model_state", "model", "module", "_orig_mod", "backbone", "encoder",
    "net",
    "network", "model_ema", "state_dict_ema", "model_ema_state_dict", "ema_state_dict", "ema", "ema_model",
    "student",
    "teacher", "params", "params_ema", "target", "opt_target", "optimizer", "state", "weights",
    "image_encoder",
  ]
  /// Names of what is no model, beside one.
  private static let others: Set<String> = [
    "optimizer", "optimizers", "optimizer_states", "optimizer_state_dict", "opt_state", "lr_scheduler",
    "lr_schedulers", "scheduler", "step", "epoch", "scaler", "amp_scaler", "loops", "callbacks", "rng",
    "config",
    "args", "hyper_parameters", "accum_train_time", "metrics", "criterion", "loss", "state_dict_extra",
  ]

  /// What came off, as it stood before the names; empty for nothing.
  package private(set) var prefix = ""
  package private(set) var file: SourceFile

  /// - Parameter root: what the user says the model's names begin with; nil finds it.
  /// - Throws: `ImportError.option` when several wrappers hold tensors, naming them.
  package init(_ file: SourceFile, root: String?) throws(ImportError) {
    self.file = file
    if let root, !root.isEmpty {
      let chosen = root.last == "." || root.last == "/" ? String(root.dropLast()) : root
      let separator = ["/", "."].first { mark in file.tensors.contains { $0.name.hasPrefix(chosen + mark) } }
      guard let separator else {
        throw .option(
          name: "root",
          problem: "no tensor's name begins with '\(chosen)'; they begin with \(Self.list(firstParts(".")))")
      }
      strip(chosen + separator)
    }
    while let next = try nextWrapper() { strip(next) }
  }

  private func firstParts(_ separator: Character) -> [String] {
    Set(file.tensors.map { String($0.name.prefix { $0 != separator }) }).sorted()
  }

  /// The wrapper around all that may be the model; nil when the names are the model's own.
  private func nextWrapper() throws(ImportError) -> String? {
    let separator: Character = file.tensors.contains { $0.name.contains("/") } ? "/" : "."
    let parts = firstParts(separator)
    let inner = parts.filter { part in
      Self.wrappers.contains(part) && file.tensors.contains { $0.name.hasPrefix(part + "\(separator)") }
    }
    // What may be either is the optimizer where something else may be the model.
    let candidates = inner.count > 1 ? inner.filter { !Self.others.contains($0) } : inner
    guard !candidates.isEmpty, parts.allSatisfy({ candidates.contains($0) || Self.others.contains($0) })
    else {
      return nil
    }
    guard candidates.count == 1 else {
      throw .option(
        name: "root",
        problem:
          "\(Self.list(candidates)) all hold tensors; say which is the model with --root \(candidates[0])")
    }
    return candidates[0] + "\(separator)"
  }

  private mutating func strip(_ wrapper: String) {
    var stripped = SourceFile(setAside: file.setAside)
    for tensor in file.tensors {
      if tensor.name.hasPrefix(wrapper) {
        stripped.tensors.append(tensor.named(String(tensor.name.dropFirst(wrapper.count))))
      } else {
        stripped.setAside.append(prefix + tensor.name)
      }
    }
    prefix += wrapper
    file = stripped
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(8).map { "'\($0)'" }.joined(separator: ", ") + (names.count > 8 ? ", …" : "")
  }
}

extension SourceTensor {
  fileprivate func named(_ name: String) -> SourceTensor {
    SourceTensor(name: name, type: type, shape: shape, layout: layout, file: file)
  }
}
