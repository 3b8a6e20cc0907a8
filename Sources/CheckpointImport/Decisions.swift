import SoftMoEViT

/// What the tensors of a model may leave open; its raw value is the option's name.
package enum Setting: String, CaseIterable, Sendable {
  case heads, activation, pooling, image, position, preprocess, labels, router
  case normEpsilon = "norm-epsilon"
  case dispatchRounding = "dispatch-rounding"
  case blockNorm = "block-norm"
  case finalNorm = "final-norm"
  case selectedExperts = "selected-experts"
  case capacityFactor = "capacity-factor"
  case capacityMultiple = "capacity-multiple"
  case batchPriority = "batch-priority"
  case renormalizedGates = "renormalized-gates"
}

/// Who decided a setting.
package enum Origin: Sendable, Equatable {
  /// Names or shapes of the source.
  case tensors
  /// The user.
  case option
  /// A file beside the source.
  case file(String)
  /// An architecture's name.
  case architecture(String)
  /// An answer of the user's own framework, that the model gives with this value.
  case probe
  /// The family's custom.
  case assumed
}

extension Origin {
  /// Whether what it says is forgotten where the tensors say otherwise: a script's arguments may be of another run.
  var yieldsToTensors: Bool {
    if case .file(let name) = self { TrainingArguments.names.contains(name) } else { false }
  }
}

extension Origin: CustomStringConvertible {
  package var description: String {
    switch self {
    case .tensors: "found"
    case .option: "asked for"
    case .file(let name): name
    case .architecture(let name): "architecture \(name)"
    case .probe: "proved by the probe"
    case .assumed: "assumed"
    }
  }
}

/// One setting, its value for people, and who decided.
package struct Decision: Sendable {
  package let setting: Setting
  package let value: String
  package let origin: Origin
  /// What gives a probe's answers as well, the nearest first.
  package internal(set) var alsoFit: [Alternative] = []

  /// Another value.
  package struct Alternative: Sendable, Equatable {
    package let value: String
    /// How far it is off the probe's answers, as a share of the largest.
    package let error: Float
  }

  package init(setting: Setting, value: String, origin: Origin) {
    (self.setting, self.value, self.origin) = (setting, value, origin)
  }
}

/// Decides what tensors leave open, and remembers how.
///
/// An option comes first and must not contradict the tensors; then come the tensors, a probe, and what an architecture's
/// name or files beside say. What none tells is what the family customarily has, if no sign speaks against it;
/// else the import stops and names the option and its likely values.
final class Decisions {
  let options: ImportOptions
  private let evidence: Evidence
  /// What a probe is tried with: the place of each open setting's value among its candidates; nil without a probe.
  private let trial: [Setting: Int]?
  /// Whether values are tried on a probe.
  var isTrial: Bool { trial != nil }
  private(set) var made: [Decision] = []
  /// How many candidates each setting has that only a probe can decide.
  private(set) var candidateCounts: [Setting: Int] = [:]

  init(_ options: ImportOptions, _ evidence: Evidence = Evidence(), trial: [Setting: Int]? = nil) {
    (self.options, self.evidence, self.trial) = (options, evidence, trial)
  }

  /// - Parameter possible: what a probe is tried with besides the likely counts.
  func headCount(
    tensors: Int?, customary: Int?, likely: [Int], possible: [Int] = [], doubt: String?
  ) throws(ImportError) -> Int {
    try decide(
      .heads, options.headCount, evidence.headCount, tensors, customary,
      likely + (trial == nil ? [] : possible), doubt
    ) { "\($0)" }
  }

  func normEpsilon(tensors: Float?, customary: Float?, likely: [Float], doubt: String?) throws(ImportError)
    -> Float
  {
    try decide(
      .normEpsilon, options.normEpsilon, evidence.normEpsilon, tensors, customary, likely, doubt
    ) { "\($0)" }
  }

  func activation(
    tensors: ActivationKind?, customary: ActivationKind?, likely: [ActivationKind], doubt: String?
  ) throws(ImportError) -> ActivationKind {
    try decide(
      .activation, options.activation, evidence.activation, tensors, customary, likely, doubt, \.rawValue)
  }

  /// vmoe's released code rounds to bfloat16 where its configuration has that type.
  func dispatchRounding(doubt: String? = nil) throws(ImportError) -> DispatchRounding {
    try decide(
      .dispatchRounding, options.dispatchRounding, nil, nil, DispatchRounding.none, [.none, .bfloat16], doubt,
      \.rawValue)
  }

  func blockNorm(
    tensors: BlockNormKind?, customary: BlockNormKind?, likely: [BlockNormKind], doubt: String?
  ) throws(ImportError) -> BlockNormKind {
    try decide(
      .blockNorm, options.blockNorm, evidence.blockNorm, tensors, customary, likely, doubt, \.rawValue)
  }

  /// - Parameter tensors: nil where a norm is there that may stand elsewhere or be unused.
  func finalNorm(tensors: FinalNormKind?, customary: FinalNormKind?, likely: [FinalNormKind])
    throws(ImportError)
    -> FinalNormKind
  {
    try decide(
      .finalNorm, options.finalNorm, evidence.finalNorm, tensors, customary, likely, nil, \.rawValue)
  }

  /// - Parameter classToken: whether the model has one.
  func pooling(
    tensors: PoolingKind?, customary: PoolingKind?, likely: [PoolingKind], doubt: String?, classToken: Bool
  ) throws(ImportError) -> PoolingKind {
    let option = try options.pooling.map { option throws(ImportError) in
      try option.kind(classToken: classToken, isMAP: tensors == .map)
    }
    let known = evidence.pooling.flatMap { pooling in
      (try? pooling.value.kind(classToken: classToken, isMAP: tensors == .map)).map {
        Known(value: $0, origin: pooling.origin)
      }
    }
    return try decide(.pooling, option, known, tensors, customary, likely, doubt) { kind in
      PoolingOption.allCases.first { (try? $0.kind(classToken: classToken, isMAP: true)) == kind }?.rawValue
        ?? kind.rawValue
    }
  }

  /// The image's size: as the option says, or a square of as many patches as there are positions.
  ///
  /// - Parameters:
  ///   - positionCount: rows of the position table, nil without one.
  ///   - leadingCounts: tokens before the patches that the table may cover, most likely first.
  func imageSize(patch: Int, positionCount: Int?, leadingCounts: [Int]) throws(ImportError)
    -> (height: Int, width: Int, leading: Int)
  {
    guard let (size, origin) = knownSize(patch, positionCount, leadingCounts) else {
      let squares = leadingCounts.compactMap { leading in
        positionCount.flatMap { integerSquareRoot($0 - leading) }.map { (side: $0, leading: leading) }
      }
      guard let square = squares.first else {
        throw .option(name: "image", problem: "the tensors do not tell the image's size; give HEIGHTxWIDTH")
      }
      let (pixels, overflow) = square.side.multipliedReportingOverflow(by: patch)
      guard !overflow else {
        throw .option(name: "image", problem: "patches of \(patch) pixels make no image")
      }
      note(.image, "\(pixels)x\(pixels)", .tensors)
      return (pixels, pixels, square.leading)
    }
    let sides = 1...ModelConfiguration.longestSide
    guard sides.contains(size.height), sides.contains(size.width) else {
      throw .option(
        name: "image",
        problem: "expected sides of at most \(sides.upperBound), found \(size.height)x\(size.width)")
    }
    guard size.height % patch == 0, size.width % patch == 0 else {
      throw .option(
        name: "image", problem: "\(size.height)x\(size.width) is no multiple of the patch size \(patch)")
    }
    let patches = (size.height / patch) * (size.width / patch)
    guard let leading = leadingCounts.first(where: { positionCount.map { $0 - patches } ?? 0 == $0 }) else {
      throw .option(
        name: "image",
        problem: "\(size.height)x\(size.width) has \(patches) patches, the position embedding "
          + "\((positionCount ?? 0) - (leadingCounts.first ?? 0))")
    }
    note(.image, "\(size.height)x\(size.width)", origin)
    return (size.height, size.width, leading)
  }

  /// The size that is asked for, or one that is known and fits the positions: a model may have been trained further on
  /// images of another size than its name says.
  private func knownSize(_ patch: Int, _ positionCount: Int?, _ leadingCounts: [Int]) -> (
    ImageExtent, Origin
  )? {
    if let size = options.imageSize { return (ImageExtent(height: size.height, width: size.width), .option) }
    guard let known = evidence.imageSize, known.value.height >= patch, known.value.width >= patch else {
      return nil
    }
    // A convolution reads whole patches: of 384 pixels in patches of 14 the first 378.
    let size = known.value.cut(toPatchesOf: patch)
    let patches = (size.height / patch) * (size.width / patch)
    let fits = positionCount.map { count in leadingCounts.contains { count - $0 == patches } } ?? true
    return fits ? (size, known.origin) : nil
  }

  private func note(_ setting: Setting, _ value: String, _ origin: Origin) {
    made.append(Decision(setting: setting, value: value, origin: origin))
  }

  func decide<Value: Equatable>(
    _ setting: Setting, _ option: Value?, _ known: Known<Value>?, _ tensors: Value?, _ customary: Value?,
    _ likely: [Value], _ doubt: String?, _ text: (Value) -> String
  ) throws(ImportError) -> Value {
    if let option {
      if let tensors, tensors != option {
        throw .option(
          name: setting.rawValue, problem: "\(text(option)) is asked for; the tensors say \(text(tensors))")
      }
      note(setting, text(option), .option)
      return option
    }
    if let tensors {
      // How features are pooled the names of layers tell better than a model's name.
      if let known, known.value != tensors, setting != .pooling, !known.origin.yieldsToTensors {
        throw .option(
          name: setting.rawValue,
          problem:
            "\(known.origin) says \(text(known.value)), the tensors say \(text(tensors)); are they of one model?"
        )
      }
      note(setting, text(tensors), .tensors)
      return tensors
    }
    if let trial {
      // What is known comes first, and yields to the probe: a file beside may be another model's.
      let candidates = ([known?.value, customary].compactMap { $0 } + likely).reduce(into: [Value]()) {
        if !$0.contains($1) { $0.append($1) }
      }
      if !candidates.isEmpty {
        candidateCounts[setting] = candidates.count
        let value = candidates[min(trial[setting] ?? 0, candidates.count - 1)]
        note(setting, text(value), known.flatMap { $0.value == value ? $0.origin : nil } ?? .probe)
        return value
      }
    }
    if let known {
      note(setting, text(known.value), known.origin)
      return known.value
    }
    guard let customary, doubt == nil else {
      let values = likely.isEmpty ? "" : ", likely \(likely.map(text).joined(separator: " or "))"
      throw .option(
        name: setting.rawValue,
        problem: "the tensors do not tell it" + (doubt.map { ", and \($0)" } ?? "") + "; give it\(values)")
    }
    note(setting, text(customary), .assumed)
    return customary
  }
}

extension PoolingOption {
  /// The pooling of that name in a model with or without a class token, with or without a MAP head.
  fileprivate func kind(classToken: Bool, isMAP: Bool) throws(ImportError) -> PoolingKind {
    switch self {
    case .token:
      guard classToken else {
        throw .option(name: "pooling", problem: "'token' needs a class token; there is none")
      }
      return .classToken
    case .map:
      guard isMAP else { throw .option(name: "pooling", problem: "'map' needs a MAP head; there is none") }
      return .map
    case .first: return classToken ? .classToken : .firstToken
    case .gap: return .mean
    case .all: return .meanOfAll
    }
  }
}
