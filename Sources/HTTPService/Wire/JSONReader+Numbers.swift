extension JSONReader {
  /// A decimal number as JSON writes it: ±`significand` · 10^`exponent`.
  struct Number {
    let text: Range<Int>
    let isNegative: Bool
    /// Its first 19 digits, which fit, without zeros before them.
    let significand: UInt64
    /// Of ten.
    let exponent: Int
    /// Whether it has no fraction and no exponent.
    let isInteger: Bool
  }

  /// Takes a number.
  mutating func number(_ expected: String = "a number") throws(InferRequestError) -> Number {
    let start = position
    var index = position
    let bytes = bytes
    let end = end
    func digit() -> UInt64? {
      guard index < end else { return nil }
      let value = bytes[index] &- UInt8(ascii: "0")
      return value < 10 ? UInt64(value) : nil
    }
    func isNext(_ byte: UInt8) -> Bool { index < end && bytes[index] == byte }

    let isNegative = isNext(UInt8(ascii: "-"))
    if isNegative { index += 1 }
    var significand: UInt64 = 0
    var digitCount = 0
    var exponent = 0
    func add(_ digit: UInt64) {
      if digitCount < 19 { significand = significand &* 10 &+ digit } else { exponent += 1 }
      if significand > 0 { digitCount += 1 }
      index += 1
    }
    func fail(_ expected: String) -> InferRequestError {
      position = index
      return unexpected(expected)
    }

    guard let first = digit() else { throw fail(index == start ? expected : "a digit") }
    add(first)
    if first == 0 {
      if digit() != nil { throw fail("no digit behind a leading zero") }
    } else {
      while let next = digit() { add(next) }
    }
    var isInteger = true
    if isNext(UInt8(ascii: ".")) {
      isInteger = false
      index += 1
      guard digit() != nil else { throw fail("a digit") }
      let fraction = index
      while let next = digit() { add(next) }
      exponent -= index - fraction
    }
    if isNext(UInt8(ascii: "e")) || isNext(UInt8(ascii: "E")) {
      isInteger = false
      index += 1
      let isSmall = isNext(UInt8(ascii: "-"))
      if isSmall || isNext(UInt8(ascii: "+")) { index += 1 }
      guard digit() != nil else { throw fail("a digit") }
      var power = 0
      while let next = digit() {
        power = min(power * 10 + Int(next), 1_000_000_000_000)
        index += 1
      }
      exponent += isSmall ? -power : power
    }
    position = index
    return Number(
      text: start..<index, isNegative: isNegative, significand: significand, exponent: exponent,
      isInteger: isInteger)
  }

  /// Takes a number and forgets it.
  mutating func skipNumber() throws(InferRequestError) {
    let (bytes, end) = (bytes, end)
    var index = position
    func digits() -> Int {
      let start = index
      while index < end, bytes[index] &- UInt8(ascii: "0") < 10 { index += 1 }
      return index - start
    }
    if index < end, bytes[index] == UInt8(ascii: "-") { index += 1 }
    let start = index
    let whole = digits()
    var isSound = whole == 1 || whole > 1 && bytes[start] != UInt8(ascii: "0")
    if index < end, bytes[index] == UInt8(ascii: ".") {
      index += 1
      isSound = digits() > 0 && isSound
    }
    if index < end, bytes[index] | 0x20 == UInt8(ascii: "e") {
      index += 1
      if index < end, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") { index += 1 }
      isSound = digits() > 0 && isSound
    }
    // One that is none is read again, for the words of its error.
    guard isSound else { _ = try number("a value"); return }
    position = index
  }

  /// Takes a whole number that fits Int.
  mutating func integer() throws(InferRequestError) -> Int {
    let number = try number("a whole number")
    guard number.isInteger, let value = Int(String(decoding: bytes[number.text], as: UTF8.self)) else {
      throw .json(
        offset: number.text.lowerBound, expected: "a whole number of at most 64 bits",
        found: escaped(String(decoding: bytes[number.text], as: UTF8.self)))
    }
    return value
  }

  /// Takes a number as the nearest Float.
  ///
  /// - Throws: also where it is beyond Float's range.
  package mutating func float() throws(InferRequestError) -> Float {
    let number = try number()
    if let value = number.nearestFloat { return value }
    let text = String(decoding: bytes[number.text], as: UTF8.self)
    guard let value = Float(text), value.isFinite else {
      throw .json(
        offset: number.text.lowerBound, expected: "a number that fits FP32", found: escaped(text))
    }
    return value
  }
}

extension JSONReader.Number {
  /// The nearest Float, where roundings in Double are sure to give it: nearly always, and fast.
  ///
  /// The significand's rounding, the power's and their quotient's put it off by less than 2⁻⁵¹ of itself, digits
  /// behind the first 19 by less than 2⁻⁵⁹; so the Float is right where both ends of a wider range become it.
  fileprivate var nearestFloat: Float? {
    if significand == 0 || exponent < -Self.maxPower { return isNegative ? -0.0 : 0 }
    guard exponent <= Self.maxPower else { return nil }
    let power = Self.powers[abs(exponent)]
    let magnitude = exponent < 0 ? Double(significand) / power : Double(significand) * power
    let nearest = Float(magnitude * (1 - 0x1p-50))
    guard nearest == Float(magnitude * (1 + 0x1p-50)), nearest.isFinite else { return nil }
    return isNegative ? -nearest : nearest
  }

  /// 19 digits over a higher power of ten are nearer to 0 than to the smallest Float.
  private static let maxPower = 65

  /// 10^0, 10^1 and so on, each the nearest Double.
  private static let powers = (0...maxPower).map { Double("1e\($0)") ?? .nan }
}
