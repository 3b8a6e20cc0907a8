// ASCII read in place: strings of every answer would cost more than the answers.
extension Span<UInt8> {
  func firstIndex(of byte: UInt8, from start: Int) -> Int? {
    var index = start
    while index < count {
      if self[index] == byte { return index }
      index += 1
    }
    return nil
  }

  /// `range` without spaces and tabs at both ends.
  func trimmed(_ range: Range<Int>) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, self[start] == 0x20 || self[start] == 0x09 { start += 1 }
    while start < end, self[end - 1] == 0x20 || self[end - 1] == 0x09 { end -= 1 }
    return start..<end
  }

  /// Whether the bytes are `text` but for the case of ASCII letters.
  /// - Parameter text: without capital letters.
  func equals(lowercased text: [UInt8]) -> Bool {
    guard count == text.count else { return false }
    for index in 0..<count {
      let byte = self[index]
      let lower = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
      guard lower == text[index] else { return false }
    }
    return true
  }

  /// Digits alone, at most 15 of them; nil for anything else.
  func integer() -> Int? {
    guard (1...15).contains(count) else { return nil }
    var value = 0
    for index in 0..<count {
      guard let digit = digit(at: index) else { return nil }
      value = value * 10 + digit
    }
    return value
  }

  /// Digits, at most 15, with or without a point among them; nil for anything else.
  func decimal() -> Double? {
    var (mantissa, scale, isFraction, digits) = (0, 1.0, false, 0)
    for index in 0..<count {
      if self[index] == UInt8(ascii: "."), !isFraction {
        isFraction = true
        continue
      }
      guard let digit = digit(at: index), digits < 15 else { return nil }
      mantissa = mantissa * 10 + digit
      digits += 1
      if isFraction { scale *= 10 }
    }
    return digits > 0 ? Double(mantissa) / scale : nil
  }

  private func digit(at index: Int) -> Int? {
    let digit = Int(self[index]) - 0x30
    return (0...9).contains(digit) ? digit : nil
  }
}
