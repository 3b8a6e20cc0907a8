import Glibc

/// Looks for the point of a grid with the least error, at as few points as it can.
///
/// From the point of all likeliest values it goes along one axis after another to the value with the least error, until
/// none is better. Where that ends at an error that does not fit, because several values have to be right together before
/// the error falls, it looks at the other points, those first whose values did best, and goes on from the first that is
/// clearly nearer. Among values that fit it looks at all combinations, and where different values may mean the same, at
/// all that are likelier.
package struct GridSearch {
  /// A point: the place of a value on each axis.
  package typealias Point = [Int]

  /// How many values each axis has, the likeliest first.
  private let counts: [Int]
  /// Axes on which a wrong value changes little: other points are looked at with what is best there.
  private let fineAxes: Set<Int>
  /// Axes on which different values, taken together, may have the same answers.
  private let alikeAxes: Set<Int>
  /// How unlikely a step to the next value of each axis is.
  private let weights: [Int]
  /// The error of what fits.
  private let bound: Float
  /// What was found, everywhere it was looked.
  package private(set) var errors: [Point: Float] = [:]
  /// The point with the least error; of points that fit, the likeliest whose error is at most twice the least, since half
  /// the difference is the order of summation.
  package private(set) var best: Point

  /// - Parameters:
  ///   - counts: how many values each axis has, at least one; the axes in the order in which they are gone along.
  ///   - fineAxes: those on which a wrong value changes little.
  ///   - bound: the error of what fits.
  ///   - alikeAxes: those on which different values, taken together, may have the same answers.
  ///   - weights: how unlikely a step to the next value of each axis is; 1 by default.
  package init(
    counts: [Int], fineAxes: Set<Int> = [], alikeAxes: Set<Int> = [], weights: [Int]? = nil, bound: Float
  ) {
    (self.counts, self.fineAxes, self.alikeAxes, self.bound) = (counts, fineAxes, alikeAxes, bound)
    self.weights = weights ?? counts.map { _ in 1 }
    best = Array(repeating: 0, count: counts.count)
  }

  /// Points of the whole grid.
  package var pointCount: Int { counts.reduce(1, *) }

  /// Whether the best fits.
  package var fits: Bool { error(best) <= bound }

  /// - Parameter error: of a point; infinity for one that makes no sense, nil when no more may be looked at.
  package mutating func run<Failure>(_ error: (_ point: Point) throws(Failure) -> Float?) throws(Failure) {
    try look(at: best, error)
    try descend(error)
    while !fits, let next = try nearer(error) {
      best = next
      try descend(error)
    }
    if fits { try settle(error) } else { best = errors.min { $0.value < $1.value }?.key ?? best }
  }

  private func unlikeliness(_ point: Point) -> Int { zip(point, weights).reduce(0) { $0 + $1.0 * $1.1 } }

  private func error(_ point: Point) -> Float { errors[point] ?? .infinity }

  /// - Returns: false when no more points may be looked at.
  @discardableResult
  private mutating func look<Failure>(
    at point: Point, _ error: (_ point: Point) throws(Failure) -> Float?
  ) throws(Failure) -> Bool {
    if errors[point] != nil { return true }
    guard let found = try error(point) else { return false }
    errors[point] = found
    return true
  }

  /// From the best along all axes, again and again.
  private mutating func descend<Failure>(_ error: (_ point: Point) throws(Failure) -> Float?) throws(Failure)
  {
    // Each round costs only what the one before has not seen; a few are enough for as many axes.
    for _ in 0...counts.count {
      let start = best
      for axis in counts.indices {
        let line = line(along: axis)
        for point in line { guard try look(at: point, error) else { return } }
        if let nearest = line.min(by: { self.error($0) < self.error($1) }), isNearer(nearest) {
          best = nearest
        }
      }
      if best == start { return }
    }
  }

  /// All values of an axis through the best.
  private func line(along axis: Int) -> [Point] {
    (0..<counts[axis]).map { value in
      var point = best
      point[axis] = value
      return point
    }
  }

  /// Among the values that fit beside the best, to the likeliest combination that is about as near as the nearest.
  private mutating func settle<Failure>(_ error: (_ point: Point) throws(Failure) -> Float?) throws(Failure) {
    for _ in 0...counts.count {
      var near: [Point] = [[]]
      for axis in counts.indices {
        let line = line(along: axis)
        for point in line { try look(at: point, error) }
        let values = counts[axis] == 1 ? [0] : line.filter { self.error($0) <= bound }.map { $0[axis] }
        near = near.flatMap { point in values.map { point + [$0] } }
      }
      near += likelier()
      for point in near { try look(at: point, error) }
      let least = near.reduce(self.error(best)) { min($0, self.error($1)) }
      let alike = near.filter { self.error($0) <= 2 * least }
      guard let likeliest = alike.min(by: { unlikeliness($0) < unlikeliness($1) }), likeliest != best else {
        return
      }
      best = likeliest
    }
  }

  /// Differences below this are among answers that have nothing in common with the right one.
  private func isNearer(_ point: Point) -> Bool { error(point) < 0.7 * error(best) }

  /// Points that differ from the best only where others may mean the same, and are likelier.
  private func likelier() -> [Point] {
    let points = counts.indices.reduce([[]] as [Point]) { points, axis in
      let values = alikeAxes.contains(axis) ? Array(0..<counts[axis]) : [best[axis]]
      return points.flatMap { point in values.map { point + [$0] } }
    }
    return points.filter { unlikeliness($0) < unlikeliness(best) }.sorted {
      unlikeliness($0) < unlikeliness($1)
    }
  }

  /// Looks at further points until one is clearly nearer; nil when none is.
  private mutating func nearer<Failure>(
    _ error: (_ point: Point) throws(Failure) -> Float?
  ) throws(Failure) -> Point? {
    for point in remaining() {
      guard try look(at: point, error) else { return nil }
      if isNearer(point) { return point }
    }
    return nil
  }

  /// Where it was not looked yet, the most promising first.
  private func remaining() -> [Point] {
    var merits = counts.map { Array(repeating: Float.infinity, count: $0) }
    for (point, error) in errors {
      for (axis, value) in point.enumerated() { merits[axis][value] = min(merits[axis][value], error) }
    }
    // In steps of √2: nearly the same error says nothing, and the likelier value comes first.
    let steps = merits.map { $0.map { (log2(min(max($0, 1e-9), 1e9)) * 2).rounded() } }
    let points = counts.reduce([[]] as [Point]) { points, count in
      points.flatMap { point in (0..<count).map { point + [$0] } }
    }
    let ranked = points.filter { errors[$0] == nil }.map { point in
      let strays = fineAxes.count { point[$0] != best[$0] }
      let step = zip(steps, point).reduce(Float(0)) { $0 + $1.0[$1.1] }
      return (point: point, rank: (strays, step, unlikeliness(point)))
    }
    return ranked.sorted { $0.rank < $1.rank }.map(\.point)
  }
}
