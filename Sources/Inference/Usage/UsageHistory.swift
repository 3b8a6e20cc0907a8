import SoftMoEViT

/// The usage since the start, and that of the last so many seconds.
///
/// Images are counted once, in slices of a twelfth of the window; slices too old for it are added up. So the
/// window covers between 11/12 of its length and all of it. No clock inside: whoever calls tells the time,
/// which never goes back.
package struct UsageHistory: Sendable {
  /// How much of the past the window covers.
  package let windowLength: Duration
  private static let sliceCount = 12
  private let start: ContinuousClock.Instant
  private let nothing: UsageTotals
  /// What the slices that are gone have counted.
  private var past: UsageTotals
  /// Ascending by their number since the start; at most `sliceCount`.
  private var slices: [(number: Int, totals: UsageTotals)] = []

  /// A history that begins now.
  package init(of layers: [RoutedLayer], windowLength: Duration, start: ContinuousClock.Instant) {
    (self.windowLength, self.start) = (windowLength, start)
    nothing = UsageTotals(for: layers)
    past = nothing
  }

  /// Counts an image in.
  package mutating func add(_ image: [LayerRouting], at now: ContinuousClock.Instant) {
    let number = number(at: now)
    if slices.last?.number != number {
      while let slice = slices.first, !isInWindow(slice.number, at: number) {
        past.add(slice.totals)
        slices.removeFirst()
      }
      slices.append((number, nothing))
    }
    slices[slices.count - 1].totals.add(image)
  }

  /// Of all images.
  package var lifetime: UsageTotals {
    slices.reduce(into: past) { $0.add($1.totals) }
  }

  /// Of the images in the window.
  package func window(at now: ContinuousClock.Instant) -> UsageTotals {
    let number = number(at: now)
    return slices.reduce(into: nothing) { totals, slice in
      if isInWindow(slice.number, at: number) { totals.add(slice.totals) }
    }
  }

  private func isInWindow(_ slice: Int, at now: Int) -> Bool { slice > now - Self.sliceCount }

  private func number(at now: ContinuousClock.Instant) -> Int {
    Int(saturating: start.duration(to: now) / (windowLength / Self.sliceCount))
  }
}
