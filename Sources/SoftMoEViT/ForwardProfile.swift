/// Where a forward pass spends its time, for whoever wants to know.
public struct ForwardProfile: Sendable {
  /// The steps of the network; each has the LayerNorm before it.
  public enum Step: String, Sendable, CaseIterable {
    /// Patches → tokens, positions.
    case patchEmbedding = "patch embedding"
    /// Attention with its two products.
    case attention
    /// Dense MLPs, and a first product that experts share.
    case mlp = "MLP"
    /// Router, both softmaxes, tokens → slots.
    case dispatch
    /// The experts' MLPs.
    case experts
    /// Slots → tokens.
    case combine
    /// Last norm, pooling, classifier.
    case head
  }

  /// Time of each step since the profile was made.
  public private(set) var durations: [Duration]
  private var last: ContinuousClock.Instant

  /// Nothing yet.
  public init() {
    durations = Step.allCases.map { _ in .zero }
    last = .now
  }

  /// A forward pass begins.
  mutating func begin() { last = .now }

  /// A step has ended: the time since the one before is its.
  mutating func end(_ step: Int) {
    let now = ContinuousClock.now
    durations[step] += last.duration(to: now)
    last = now
  }
}

extension Workspace {
  /// Ends a step of the profile, if there is one.
  mutating func end(_ step: ForwardProfile.Step) {
    if profile != nil, let index = ForwardProfile.Step.allCases.firstIndex(of: step) { profile?.end(index) }
  }
}
