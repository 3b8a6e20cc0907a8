/// A string of a JSON text, which was found to be one: UTF-8, and no escapes but JSON's.
struct JSONText: Equatable {
  /// What stands between its quotation marks, escapes as they are.
  let content: Range<Int>
  let hasEscapes: Bool

  /// What it stands for, in UTF-8; without escapes a part of `json` itself.
  func bytes(in json: [UInt8]) -> ArraySlice<UInt8> {
    guard hasEscapes else { return json[content] }
    var text: [UInt8] = []
    text.reserveCapacity(content.count)
    var index = content.lowerBound
    while index < content.upperBound {
      if json[index] == UInt8(ascii: "\\"),
        let escape = JSONEscape(in: json, at: index, end: content.upperBound)
      {
        text.append(contentsOf: UTF8.encode(escape.scalar) ?? UTF8.encodedReplacementCharacter)
        index = escape.end
      } else {
        text.append(json[index])
        index += 1
      }
    }
    return text[...]
  }

  /// Whether it stands for `word`.
  func reads(_ word: String, in json: [UInt8]) -> Bool {
    // No escape is longer than the six characters of \u0000 for a byte.
    let lengths = hasEscapes ? word.utf8.count...6 * word.utf8.count : word.utf8.count...word.utf8.count
    return lengths.contains(content.count) && bytes(in: json).elementsEqual(word.utf8)
  }
}

/// One escape of a string: RFC 8259 section 7.
private struct JSONEscape {
  let scalar: Unicode.Scalar
  /// Behind it, and behind the second of a surrogate pair.
  let end: Int

  /// The escape whose backslash is at `start`; nil where none of JSON's is whole before `end`.
  init?(in json: [UInt8], at start: Int, end limit: Int) {
    guard limit - start >= 2 else { return nil }
    let simple: Unicode.Scalar
    switch json[start + 1] {
    case UInt8(ascii: "\""): simple = "\""
    case UInt8(ascii: "\\"): simple = "\\"
    case UInt8(ascii: "/"): simple = "/"
    case UInt8(ascii: "b"): simple = "\u{8}"
    case UInt8(ascii: "f"): simple = "\u{C}"
    case UInt8(ascii: "n"): simple = "\n"
    case UInt8(ascii: "r"): simple = "\r"
    case UInt8(ascii: "t"): simple = "\t"
    case UInt8(ascii: "u"):
      guard let first = Self.unit(in: json, at: start, end: limit) else { return nil }
      if let scalar = Unicode.Scalar(first) {
        (self.scalar, end) = (scalar, start + 6)
        return
      }
      guard let second = Self.unit(in: json, at: start + 6, end: limit), UTF16.isLeadSurrogate(first),
        UTF16.isTrailSurrogate(second)
      else { return nil }
      let (high, low) = (UInt32(first) & 0x3FF, UInt32(second) & 0x3FF)
      guard let scalar = Unicode.Scalar(0x10000 + high << 10 + low) else { return nil }
      (self.scalar, end) = (scalar, start + 12)
      return
    default: return nil
    }
    (scalar, end) = (simple, start + 2)
  }

  /// The number of `\u0000` at `start`.
  private static func unit(in json: [UInt8], at start: Int, end: Int) -> UInt16? {
    guard end - start >= 6, json[start] == UInt8(ascii: "\\"), json[start + 1] == UInt8(ascii: "u") else {
      return nil
    }
    var unit: UInt16 = 0
    for index in start + 2..<start + 6 {
      let digit: UInt8
      switch json[index] {
      case let byte where byte &- 0x30 < 10: digit = byte - 0x30
      case let byte where (byte | 0x20) &- 0x61 < 6: digit = (byte | 0x20) - 0x61 + 10
      default: return nil
      }
      unit = unit << 4 | UInt16(digit)
    }
    return unit
  }
}

extension JSONReader {
  /// Takes a string.
  package mutating func string() throws(InferRequestError) -> String {
    String(decoding: try text().bytes(in: bytes), as: UTF8.self)
  }

  /// Takes a string and tells where its text is; nothing is built.
  mutating func text() throws(InferRequestError) -> JSONText {
    guard next == UInt8(ascii: "\"") else { throw unexpected("a string") }
    let start = position + 1
    let (bytes, end) = (bytes, end)
    var index = start
    var hasEscapes = false
    var isASCII = true
    scan: while index < end {
      let byte = bytes[index]
      switch byte {
      case UInt8(ascii: "\""): break scan
      case UInt8(ascii: "\\"):
        hasEscapes = true
        guard let escape = JSONEscape(in: bytes, at: index, end: end) else {
          position = min(index + 1, end)
          throw unexpected("one of JSON's escapes, surrogates in pairs,")
        }
        index = escape.end
      case ..<0x20:
        position = index
        throw unexpected("a string's text, control characters escaped")
      default:
        isASCII = isASCII && byte < 0x80
        index += 1
      }
    }
    guard index < end else {
      position = end
      throw unexpected("a string's closing quotation mark")
    }
    guard isASCII || isUTF8(start..<index) else {
      throw .json(offset: start, expected: "a string in UTF-8", found: "other bytes")
    }
    position = index + 1
    return JSONText(content: start..<index, hasEscapes: hasEscapes)
  }

  private func isUTF8(_ range: Range<Int>) -> Bool {
    do {
      _ = try UTF8Span(validating: bytes.span.extracting(range))
      return true
    } catch {
      return false
    }
  }
}
