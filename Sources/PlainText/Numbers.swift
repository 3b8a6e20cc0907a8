// Numbers as people read them. Each takes any number, NaN and infinity too, which stand as Swift writes them.

/// One decimal, rounded half away from zero: 0.5, -0.5, 12.0.
package func tenths(_ x: Double) -> String { decimals(x, 1) }

/// Two decimals: 0.05.
package func hundredths(_ x: Double) -> String { decimals(x, 2) }

/// A share with one decimal and a percent sign: 12.5 %.
package func percent(_ share: Double) -> String { tenths(share * 100) + " %" }

/// Decimal megabytes, as file managers count: 36.2 MB.
package func megabytes(_ bytes: Int) -> String { tenths(Double(bytes) / 1e6) + " MB" }

/// At most three decimals, and none where they say nothing: 2, 0.125.
package func compact(_ x: Double) -> String {
  Int(exactly: x).map { "\($0)" } ?? "\((x * 1000).rounded() / 1000)"
}

/// All digits that the number has, as an operator would write it: 50, not 50.0.
package func shortest(_ x: Double) -> String { Int(exactly: x).map { "\($0)" } ?? "\(x)" }

/// Two significant digits of a number between 0 and 1, as 0.0012; others as `compact` has them.
package func significant(_ x: Double) -> String {
  guard x > 0, x < 0.995 else { return compact(x) }
  var (scaled, digits) = (x, 0)
  while scaled < 10, digits < 12 {
    scaled *= 10
    digits += 1
  }
  // Below 100 after the loop, whatever the number was.
  let figures = "\(Int(scaled.rounded()))"
  return "0." + String(repeating: "0", count: max(0, digits - figures.count)) + figures
}

/// A fixed number of decimals, 1 or more.
private func decimals(_ x: Double, _ count: Int) -> String {
  let unit = (0..<count).reduce(1) { unit, _ in unit * 10 }
  // A number too large to have decimals is written as it is.
  guard let scaled = Int(exactly: (abs(x) * Double(unit)).rounded()) else { return "\(x)" }
  let (whole, rest) = scaled.quotientAndRemainder(dividingBy: unit)
  let fraction = "\(rest)"
  let sign = x < 0 && scaled > 0 ? "-" : ""
  return "\(sign)\(whole)." + String(repeating: "0", count: count - fraction.count) + fraction
}
