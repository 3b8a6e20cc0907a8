import Glibc

/// Where values lie on an axis, and which round ones are marked.
struct ValueAxis {
  /// From the lower end to the upper one.
  let ticks: [Double]
  private let isLogarithmic: Bool

  /// From 0 to a round number not below `largest`, in three to five steps of 1, 2 or 5 times a power of ten.
  init(upTo largest: Double) {
    let largest = largest > 0 ? largest : 1
    let power = pow(10, (log10(largest) - 1).rounded(.down))
    let step = ([2, 5, 10].first { largest <= 5 * $0 * power } ?? 20) * power
    ticks = (0...Int((largest / step).rounded(.up))).map { Double($0) * step }
    isLogarithmic = false
  }

  /// Powers of ten from one not above the least value to one not below the largest.
  init(decadesAround values: [Double]) {
    let exponents = values.filter { $0 > 0 }.map { log10($0) }
    let lower = Int((exponents.min() ?? 0).rounded(.down))
    let upper = max(lower + 1, Int((exponents.max() ?? 1).rounded(.up)))
    ticks = (lower...upper).map { pow(10, Double($0)) }
    isLogarithmic = true
  }

  /// How far along the axis a value is, 0…1.
  func share(_ value: Double) -> Double {
    let (lower, upper) = (ticks[0], ticks[ticks.count - 1])
    guard isLogarithmic else { return (value - lower) / (upper - lower) }
    return log10(max(value, lower) / lower) / log10(upper / lower)
  }
}
