import SoftMoEViT

/// How many tokens an expert takes, as the command names it: as many as choose it, or a share.
package enum CapacityOption: Sendable, Equatable, CustomStringConvertible {
  /// No token is dropped.
  case unlimited
  /// f: the places of an expert over those it had if all took as many.
  case factor(Double)

  /// none, or a number above 0.
  package init?(_ text: String) {
    if text == "none" {
      self = .unlimited
    } else {
      guard let factor = Double(text), factor.isFinite, factor > 0 else { return nil }
      self = .factor(factor)
    }
  }

  package var description: String {
    switch self {
    case .unlimited: "none"
    case .factor(let factor): "\(factor)"
    }
  }

  /// The number; nil where no token is dropped.
  package var factor: Double? {
    switch self {
    case .unlimited: nil
    case .factor(let factor): factor
    }
  }
}

/// What no tensor tells of a sparse router.
struct SparseRouting {
  let kind: RouterKind
  /// K; 0 where experts choose.
  let selectedExperts: Int
  /// nil drops no token.
  let capacityFactor: Double?
  /// What an expert's places are rounded up to a multiple of.
  let capacityMultiple: Int
  let batchPriority: Bool
  let renormalizedGates: Bool
}

extension ImportOptions {
  /// The first of those given that only a sparse router has.
  var sparseSetting: Setting? {
    if let router, router != .soft { return .router }
    if selectedExperts != nil { return .selectedExperts }
    if capacity != nil { return .capacityFactor }
    if capacityMultiple != nil { return .capacityMultiple }
    if batchPriority != nil { return .batchPriority }
    return renormalizedGates != nil ? .renormalizedGates : nil
  }
}

extension Setting {
  /// Whether only a sparse router has it.
  package var isOfSparseRouter: Bool { Decisions.sparseSettings.contains(self) }
}

extension Decisions {
  /// Settings of a sparse router; some matter only beside certain values of others.
  static let sparseSettings: [Setting] = [
    .router, .selectedExperts, .capacityFactor, .capacityMultiple, .batchPriority, .renormalizedGates,
  ]

  /// Who chooses whom, how many, and who is dropped.
  ///
  /// - Throws: `ImportError.option` for what neither an option nor a probe tells, with what V-MoE's released models have.
  func sparseRouting() throws(ImportError) -> SparseRouting {
    let kind = try sparseRouter()
    guard kind == .tokensChoice else {
      // In the places that tokens' capacities have, for a probe to tell whether either may choose.
      let factors = [1, 1.05, 1.5, 1.25, 2, 0.5].map { CapacityOption.factor($0) }
      let capacity = try decide(.capacityFactor, options.capacity, nil, nil, nil, factors, nil, \.description)
      guard let factor = capacity.factor else {
        throw .option(
          name: Setting.capacityFactor.rawValue,
          problem: "experts that choose take ⌈F·tokens/experts⌉ each: expected a number, likely 1.0")
      }
      return SparseRouting(
        kind: kind, selectedExperts: 0, capacityFactor: factor, capacityMultiple: try capacityMultiple(),
        batchPriority: false, renormalizedGates: false)
    }
    let selected = try decide(
      .selectedExperts, options.selectedExperts, nil, nil, nil, [2, 1], "V-MoE's released models have 2"
    ) { "\($0)" }
    let factors = [1.05, 1, 1.25, 2, 0.5].map { CapacityOption.factor($0) }
    let capacity = try decide(
      .capacityFactor, options.capacity, nil, nil, nil, [.unlimited] + factors,
      "V-MoE's released models have 1.05", \.description)
    // Where all find room, nobody comes first.
    let isLimited = capacity != .unlimited
    return try SparseRouting(
      kind: kind, selectedExperts: selected, capacityFactor: capacity.factor,
      capacityMultiple: isLimited ? capacityMultiple() : 4,
      batchPriority: isLimited ? flag(.batchPriority, options.batchPriority) : false,
      renormalizedGates: flag(.renormalizedGates, options.renormalizedGates))
  }

  /// vmoe has it only where its configuration says so.
  private func flag(_ setting: Setting, _ option: Bool?) throws(ImportError) -> Bool {
    try decide(setting, option, nil, nil, false, [false, true], nil) { "\($0)" }
  }

  private func sparseRouter() throws(ImportError) -> RouterKind {
    let likely: [RouterKind] = [.tokensChoice, .expertsChoice]
    let names = likely.map(\.rawValue).joined(separator: " or ")
    if options.router == .soft {
      throw .option(
        name: Setting.router.rawValue,
        problem: "soft is asked for; the tensors are a sparse router's, \(names)")
    }
    guard options.router != nil || isTrial else {
      throw .option(
        name: Setting.router.rawValue,
        problem:
          "its router is sparse, and the tensors do not tell how it chooses; V-MoE's released models have "
          + "--router tokens_choice --selected-experts 2 --capacity-factor 1.05 --dispatch-rounding bfloat16, the other "
          + "kind is experts_choice; a --probe finds it out")
    }
    return try decide(.router, options.router, nil, nil, nil, likely, nil, \.rawValue)
  }

  private func capacityMultiple() throws(ImportError) -> Int {
    try decide(.capacityMultiple, options.capacityMultiple, nil, nil, 4, [4, 1], nil) { "\($0)" }
  }
}
