import PlainText
import Testing

/// Numbers as people read them, near zero, at carries, and where no decimal is left.
@Suite struct NumbersTests {
  @Test(arguments: [
    (0, "0.0"), (0.5, "0.5"), (-0.5, "-0.5"), (-0.04, "0.0"), (-0.05, "-0.1"), (-1.25, "-1.3"), (0.96, "1.0"),
    (-12.34, "-12.3"), (1e18, "1e+18"), (.infinity, "inf"), (-.infinity, "-inf"), (.nan, "nan"),
  ])
  func tenthsRoundHalfAwayFromZero(_ x: Double, _ text: String) { #expect(tenths(x) == text) }

  @Test(arguments: [
    (0.005, "0.01"), (-0.004, "0.00"), (-0.07, "-0.07"), (3.999, "4.00"), (-0.5, "-0.50"), (.nan, "nan"),
  ])
  func hundredthsHaveTwoDecimals(_ x: Double, _ text: String) { #expect(hundredths(x) == text) }

  @Test(arguments: [
    (0.125, "12.5 %"), (-0.005, "-0.5 %"), (0.0004, "0.0 %"), (1, "100.0 %"), (.nan, "nan %"),
  ])
  func aShareIsAPercentage(_ share: Double, _ text: String) { #expect(percent(share) == text) }

  @Test(arguments: [(0, "0.0 MB"), (49_999, "0.0 MB"), (50_000, "0.1 MB"), (36_201_036, "36.2 MB")])
  func megabytesAreDecimal(_ bytes: Int, _ text: String) { #expect(megabytes(bytes) == text) }

  @Test(arguments: [
    (2, "2"), (-3, "-3"), (0.125, "0.125"), (0.12345, "0.123"), (1e300, "1e+300"), (.infinity, "inf"),
  ])
  func compactHasNoNeedlessDecimals(_ x: Double, _ text: String) { #expect(compact(x) == text) }

  @Test(arguments: [(50, "50"), (0.001, "0.001"), (1e300, "1e+300"), (.nan, "nan")])
  func shortestIsAsAnOperatorWrites(_ x: Double, _ text: String) { #expect(shortest(x) == text) }

  @Test(arguments: [
    (0.0012, "0.0012"), (0.00126, "0.0013"), (0.5, "0.50"), (0.0996, "0.100"), (0, "0"), (-0.25, "-0.25"),
    (3, "3"), (.nan, "nan"),
  ])
  func significantHasTwoDigits(_ x: Double, _ text: String) { #expect(significant(x) == text) }

  @Test func aTableAlignsNumbersRightAndTextLeft() {
    let text = table(["name", "count"], [["a", "12"], ["longer", "-3"]])
    #expect(text == "  name    count\n  a          12\n  longer     -3\n")
  }
}
