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
      let byte = json[index]
      if byte != UInt8(ascii: "\\") {
        text.append(byte)
        index += 1
      } else if let control = JSONEscape.short(json[index + 1]) {
        text.append(control)
        index += 2
      } else {
        // It was found to be one.
        guard let escape = JSONEscape(in: json, at: index, end: content.upperBound) else { break }
        text.append(contentsOf: String(escape.scalar).utf8)
        index = escape.end
      }
    }
    return text[...]
  }
}

/// An escape by number, as `\u00e9`: RFC 8259 section 7.
private struct JSONEscape {
  let scalar: Unicode.Scalar
  /// Behind it, and behind the second of a surrogate pair.
  let end: Int

  /// The escape whose backslash is at `start`; nil where no whole one is before `limit`.
  init?(in json: [UInt8], at start: Int, end limit: Int) {
    guard let first = Self.unit(in: json, at: start, end: limit) else { return nil }
    if let scalar = Unicode.Scalar(first) {
      (self.scalar, end) = (scalar, start + 6)
      return
    }
    guard UTF16.isLeadSurrogate(first), let second = Self.unit(in: json, at: start + 6, end: limit),
      UTF16.isTrailSurrogate(second)
    else { return nil }
    let (high, low) = (UInt32(first) & 0x3FF, UInt32(second) & 0x3FF)
    guard let scalar = Unicode.Scalar(0x10000 + high << 10 + low) else { return nil }
    (self.scalar, end) = (scalar, start + 12)
  }

  /// What a backslash and `byte` stand for; nil for none of JSON's short escapes.
  static func short(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    default: nil
    }
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
    // All of the text's bytes, or-ed: which tells whether one is beyond ASCII.
    var seen: UInt8 = 0
    while index < end {
      let byte = bytes[index]
      if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
        seen |= byte
        index += 1
      } else if byte == UInt8(ascii: "\"") {
        break
      } else if byte == UInt8(ascii: "\\") {
        hasEscapes = true
        if index + 1 < end, JSONEscape.short(bytes[index + 1]) != nil {
          index += 2
        } else if let escape = JSONEscape(in: bytes, at: index, end: end) {
          index = escape.end
        } else {
          position = index + 1
          throw unexpected("one of JSON's escapes, surrogates in pairs,")
        }
      } else {
        position = index
        throw unexpected("a string's text, control characters escaped")
      }
    }
    guard index < end else {
      position = end
      throw unexpected("a string's closing quotation mark")
    }
    guard seen < 0x80 || isUTF8(start..<index) else {
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
