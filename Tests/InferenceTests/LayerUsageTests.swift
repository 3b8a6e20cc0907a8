import Inference
import Testing

@Suite struct LayerUsageTests {
  private func usage(of masses: [Float]...) throws -> LayerUsage {
    var totals = UsageTotals(for: [layer])
    for mass in masses { totals.add([routing(mass)]) }
    return try #require(LayerUsage(layer, totals.layers[0], imageCount: totals.imageCount))
  }

  @Test func meansAreOverImages() throws {
    let usage = try usage(of: [0.1, 0.2, 0.3, 0.4], [0.5, 0.2, 0.1, 0.2])
    #expect(usage.imageCount == 2)
    for (found, expected) in zip(usage.slotMass, [0.3, 0.2, 0.2, 0.3]) {
      #expect(abs(found - expected) < 1e-7)
    }
    for (found, expected) in zip(usage.expertMass, [0.5, 0.5]) { #expect(abs(found - expected) < 1e-7) }
    #expect(usage.effectiveTokens == [1, 2, 3, 4] && usage.largestDispatch == [0.5, 0.25, 0.125, 1])
  }

  /// One expert a slot, so that four shares are four experts. exp(entropy) is SciPy's.
  @Test(arguments: [
    ([0.1, 0.2, 0.3, 0.4], 3.5961154666243225, 0.25, 1.6),
    ([0.7, 0.1, 0.1, 0.1], 2.561128517887139, 0.45, 2.8),
    ([0.25, 0.25, 0.25, 0.25], 4.0, 0.0, 1.0), ([0, 1, 0, 0], 1.0, 0.75, 4.0),
  ])
  func measuresOfBalance(_ mass: [Float], experts: Double, gini: Double, ratio: Double) throws {
    let four = RoutedLayer(
      block: 0, expertCount: 4, slotsPerExpert: 1, tokenCount: 7, gridRows: 2, gridColumns: 3)
    var totals = UsageTotals(for: [four])
    totals.add([routing(mass)])
    let usage = try #require(totals.usage(of: [four]).first)
    #expect(abs(usage.effectiveExperts - experts) < 1e-6)
    #expect(abs(usage.gini - gini) < 1e-6)
    #expect(abs(usage.maxOverMean - ratio) < 1e-6)
  }

  @Test func contributionsAreCountedBelowEachBound() throws {
    var totals = UsageTotals(for: [layer])
    totals.add([routing([0.25, 0.25, 0.25, 0.25], contribution: [0, 0.09, 0.11, 1, 1.05, 4, 11])])
    let counts = totals.layers[0].contributionCounts
    let bounds = LayerTotals.contributionBounds
    #expect(counts.reduce(0, +) == 7 && counts.count == bounds.count + 1)
    #expect(counts[0] == 2 && counts[1] == 1 && counts[10] == 2 && counts[40] == 2)
    #expect(bounds[0] == 0.1 && bounds[39] == 4)
  }

  @Test func overNoImageThereIsNothing() {
    #expect(UsageTotals(for: [layer]).usage(of: [layer]).isEmpty)
  }

  /// Infinite, huge and no numbers end nothing; an image that has one which is not finite counts nowhere.
  @Test(arguments: [Float.nan, .infinity, -.infinity, 3e38, -3e38, .leastNonzeroMagnitude])
  func whateverNumbersComeAreCountedOrNot(_ value: Float) {
    var totals = UsageTotals(for: [layer])
    totals.add([routing([0.25, 0.25, 0.25, 0.25])])
    let before = totals
    totals.add([routing([0.25, 0.25, 0.25, 0.25], contribution: [value, 1, 1, 1, 1, 1, 1])])
    totals.add([routing([value, 0.25, 0.25, 0.25])])
    if value.isFinite {
      #expect(totals.imageCount == 3)
      #expect(totals.layers[0].contributionCounts.reduce(0, +) == 21)
    } else {
      #expect(totals == before)
    }
  }

  @Test func conversionsEndAtTheNearestThereIs() {
    let cases: [(Float, UInt8, Int)] = [
      (.nan, 0, 0), (.infinity, 255, .max), (-.infinity, 0, .min), (3e38, 255, .max), (-1, 0, -1),
      (2.9, 2, 2),
      (-0.5, 0, 0), (255.9, 255, 255), (256, 255, 256), (.leastNonzeroMagnitude, 0, 0),
    ]
    for (value, byte, integer) in cases {
      #expect(UInt8(saturating: value) == byte && Int(saturating: value) == integer, "\(value)")
    }
  }
}
