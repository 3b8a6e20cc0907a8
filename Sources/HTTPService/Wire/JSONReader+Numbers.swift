extension JSONReader {
  /// A decimal number as JSON writes it: ±`significand` · 10^`exponent`.
  struct Number {
    let text: Range<Int>
    let isNegative: Bool
    /// Its first 19 digits, which fit; 0 stands for none.
    let significand: UInt64
    /// Of ten.
    let exponent: Int
    /// Whether it has no fraction and no exponent.
    let isInteger: Bool
    /// Whether `significand` holds all of its digits.
    let isExact: Bool
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
      isInteger: isInteger, isExact: digitCount <= 19)
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
  /// The nearest Float, where two roundings in Double are sure to give it: most numbers, and fast.
  ///
  /// The significand's and the quotient's roundings put it off by less than two units of Double's last place;
  /// so the Float is right unless the 29 bits that it drops lie that close to one half.
  fileprivate var nearestFloat: Float? {
    guard isExact, Self.powers.indices.contains(abs(exponent)) else { return nil }
    let power = Self.powers[abs(exponent)]
    let magnitude = exponent < 0 ? Double(significand) / power : Double(significand) * power
    let dropped = magnitude.bitPattern & 0x1FFF_FFFF
    guard magnitude == 0 || (0x1p-126...0x1p127).contains(magnitude),
      !(0x1000_0000 - 2...0x1000_0000 + 2).contains(dropped)
    else { return nil }
    return Float(isNegative ? -magnitude : magnitude)
  }

  /// 10^0…10^22, which Double holds exactly.
  private static let powers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19,
    1e20, 1e21, 1e22,
  ]
}
