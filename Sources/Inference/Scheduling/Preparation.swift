/// Work of a processor's kind: what is alike enough to have one cost a unit.
package struct PreparationKind: Hashable, Sendable {
  /// What it is.
  package let name: String
  /// Seconds a unit of work before any has been measured; rather too many.
  package let guess: Double

  package init(_ name: String, guess: Double) { (self.name, self.guess) = (name, guess) }
}

/// What has to be done before a batch can have an image (or instead of one): reading a request, decoding, drawing.
package struct Preparation: Equatable, Sendable {
  /// What is learned from it is learned for all of its kind.
  package let kind: PreparationKind
  /// In the kind's units.
  package let work: Double
  /// Bytes that it holds at most while it runs.
  package let byteCount: Int

  package init(_ kind: PreparationKind, work: Double, byteCount: Int) {
    (self.kind, self.work, self.byteCount) = (kind, work, byteCount)
  }
}

/// What each kind of preparation costs: seconds a unit of work, learned while serving.
struct PreparationCost: Sendable {
  private var rates: [PreparationKind: Double] = [:]
  /// How much of what was known a new measurement leaves.
  private static let memory = 0.9

  /// Learns from one that has ended.
  mutating func observe(_ preparation: Preparation, seconds: Double) {
    guard preparation.work > 0, seconds > 0, seconds.isFinite else { return }
    let rate = seconds / preparation.work
    rates[preparation.kind] =
      rates[preparation.kind].map { Self.memory * $0 + (1 - Self.memory) * rate } ?? rate
  }

  /// Seconds that one takes.
  func seconds(_ preparation: Preparation) -> Double {
    preparation.work * (rates[preparation.kind] ?? preparation.kind.guess)
  }
}
