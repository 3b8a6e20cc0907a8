import CheckpointImport
import Testing

/// Finding what is right at few points of a grid.
@Suite struct GridSearchTests {
  /// Runs a search that may look at so many points.
  private func search(
    _ counts: [Int], fine: Set<Int> = [], most: Int = 5000, _ error: ([Int]) -> Float
  ) -> GridSearch {
    var search = GridSearch(counts: counts, fineAxes: fine, bound: 1e-4)
    var left = most
    search.run { point in
      left -= 1
      return left < 0 ? nil : error(point)
    }
    return search
  }

  /// A ViT-B/16: heads, where norms stand, activation, epsilon.
  private let large = [11, 3, 5, 3]

  @Test func whereEachAxisTellsAFewPointsAreEnough() {
    let right = [7, 1, 4, 2]
    let found = search(large) { point in
      zip(zip(point, right), [1, 1, 0.3, 0.01]).reduce(Float(1e-6)) { $0 + ($1.0.0 == $1.0.1 ? 0 : $1.1) }
    }
    #expect(found.best == right && found.fits)
    #expect(found.errors.count <= 2 * (1 + 10 + 2 + 4 + 2))
  }

  /// With wrong heads an answer has nothing in common with the right one, whatever else is right.
  @Test func aWrongAxisMayHideAllOthers() {
    let right = [7, 0, 4, 2]
    let found = search(large, fine: [3], most: 60) { point in
      guard point[0] == 7, point[1] == 0 else { return 1.1 + 0.01 * Float(point.reduce(0, +) % 7) }
      return (point[2] == 4 ? 0 : 0.5) + (point[3] == 2 ? 1e-6 : 0.001)
    }
    #expect(found.best == right && found.fits)
  }

  /// Heads and activation must both be right before the error falls at all; then the epsilon is found.
  @Test func twoThatMustBeRightTogetherAreFound() {
    let found = search(large, fine: [3], most: 200) { point in
      point[0] == 3 && point[2] == 2 && point[1] == 0 ? (point[3] == 1 ? 1e-7 : 0.01) : 1
    }
    #expect(found.best == [3, 0, 2, 1] && found.fits)
  }

  @Test(arguments: [[0, 0, 0, 0], [10, 2, 4, 2], [5, 1, 3, 0]])
  func aNeedleIsFoundWhereAllMayBeLookedAt(_ right: [Int]) {
    let found = search(large, fine: [3]) { $0 == right ? 0 : 1 }
    #expect(found.best == right && found.fits)
    #expect(found.errors.count <= found.pointCount)
  }

  @Test func noMorePointsAreLookedAtThanAllowed() {
    for most in [1, 2, 19, 60] {
      let found = search(large, most: most) { Float(1 + $0.reduce(0, +) % 13) }
      #expect(found.errors.count == most && !found.fits)
      #expect(found.errors[found.best] == found.errors.values.min())
    }
  }

  @Test func ofAlikeValuesTheLikelierIsTaken() {
    // The order of summation makes 3e-7 of 2e-7; the other kind of GELU is a hundred times further.
    #expect(search([1, 3]) { [3e-7, 2e-7, 3e-5][$0[1]] }.best == [0, 0])
    #expect(search([1, 3]) { [3e-5, 2e-7, 3e-7][$0[1]] }.best == [0, 1])
  }

  /// The first that fits may not be the nearest: along each axis all are looked at.
  @Test func whatFitsIsMadeNearer() {
    let errors: [[Float]] = [[8e-5, 5e-5], [6e-5, 1e-7]]
    let found = search([2, 2]) { errors[$0[0]][$0[1]] }
    #expect(found.best == [1, 1] && found.errors.count == 4)
  }

  /// Half the room for twice as many is the same; what is likelier is taken, however the other was found.
  @Test func ofTheSameInOtherWordsTheLikelierIsTaken() {
    var search = GridSearch(counts: [3, 4], alikeAxes: [0, 1], bound: 1e-4)
    search.run { point in [[0, 3], [1, 1]].contains(point) ? 1e-7 : point[0] == 0 ? 0.5 : 1 }
    #expect(search.best == [1, 1] && search.fits)
    search = GridSearch(counts: [3, 4], alikeAxes: [0, 1], weights: [100, 1], bound: 1e-4)
    search.run { point in [[0, 3], [1, 1]].contains(point) ? 1e-7 : point[0] == 1 ? 0.5 : 1 }
    #expect(search.best == [0, 3])
  }

  @Test func whatMakesNoSenseIsPassedBy() {
    let found = search([3, 2]) { $0[0] == 2 && $0[1] == 1 ? 0 : .infinity }
    #expect(found.best == [2, 1] && found.fits)
    #expect(!search([3, 2]) { _ in .infinity }.fits)
    #expect(search([]) { _ in 0 }.best == [])
  }
}
