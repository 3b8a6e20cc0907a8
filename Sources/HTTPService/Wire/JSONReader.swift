import FoundationEssentials

/// Takes values one by one from JSON of unknown origin, in one pass: RFC 8259, UTF-8 alone, no key twice in
/// one object, bounded depth. A tensor's numbers thus go where they belong without a tree between.
package struct JSONReader {
  /// Arrays and objects around a value.
  static let maxDepth = 64
  /// Keys of one object.
  static let maxKeys = 1000

  let bytes: [UInt8]
  /// Behind the text's last byte.
  let end: Int
  var position = 0
  private var depth = 0

  /// Reads the first `count` of `bytes`.
  package init(_ bytes: [UInt8], count: Int) {
    self.bytes = bytes
    end = count
  }

  var next: UInt8? { position < end ? bytes[position] : nil }

  func unexpected(_ expected: String) -> InferRequestError {
    .json(offset: position, expected: expected, found: described(next))
  }

  package mutating func skipWhitespace() {
    while position < end {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  /// Takes `byte` and the whitespace before it, if it is the next.
  mutating func take(_ byte: UInt8) -> Bool {
    skipWhitespace()
    guard next == byte else { return false }
    position += 1
    return true
  }

  mutating func expect(_ byte: UInt8, _ expected: String) throws(InferRequestError) {
    guard take(byte) else { throw unexpected(expected) }
  }

  /// - Throws: unless nothing but whitespace is left.
  package mutating func expectEnd() throws(InferRequestError) {
    skipWhitespace()
    guard position == end else { throw unexpected("the end of the JSON") }
  }
}

// Arrays and objects: begin one, then ask for the next member until there is none.
extension JSONReader {
  mutating func beginObject() throws(InferRequestError) -> Set<String> {
    try expect(UInt8(ascii: "{"), "an object")
    try enter()
    return []
  }

  /// The next member's key, with the reader before its value; nil behind the object.
  mutating func nextKey(_ keys: inout Set<String>) throws(InferRequestError) -> String? {
    if take(UInt8(ascii: "}")) {
      depth -= 1
      return nil
    }
    if !keys.isEmpty { try expect(UInt8(ascii: ","), "\",\" or \"}\"") }
    skipWhitespace()
    let start = position
    let key = try string()
    guard keys.insert(key).inserted, keys.count <= Self.maxKeys else {
      throw .json(
        offset: start, expected: "at most \(Self.maxKeys) keys in an object, each once", found: escaped(key))
    }
    try expect(UInt8(ascii: ":"), "\":\"")
    skipWhitespace()
    return key
  }

  mutating func beginArray() throws(InferRequestError) -> Int {
    try expect(UInt8(ascii: "["), "an array")
    try enter()
    return 0
  }

  /// Whether there is a next element, with the reader before it; `count` are those so far.
  mutating func nextElement(_ count: inout Int) throws(InferRequestError) -> Bool {
    if take(UInt8(ascii: "]")) {
      depth -= 1
      return false
    }
    if count > 0 { try expect(UInt8(ascii: ","), "\",\" or \"]\"") }
    count += 1
    skipWhitespace()
    return true
  }

  private mutating func enter() throws(InferRequestError) {
    depth += 1
    guard depth <= Self.maxDepth else {
      throw .json(offset: position - 1, expected: "at most \(Self.maxDepth) levels of nesting", found: "more")
    }
  }
}

// Single values.
extension JSONReader {
  /// Takes `null`, if it is the next value.
  mutating func takeNull() throws(InferRequestError) -> Bool {
    guard next == UInt8(ascii: "n") else { return false }
    try word("null")
    return true
  }

  mutating func boolean() throws(InferRequestError) -> Bool {
    switch next {
    case UInt8(ascii: "t"): try word("true")
    case UInt8(ascii: "f"): try word("false"); return false
    default: throw unexpected("true or false")
    }
    return true
  }

  mutating func string() throws(InferRequestError) -> String {
    let start = position
    guard let text = Self.text(of: try stringContent(), in: bytes) else {
      throw .json(offset: start, expected: "a string with the escapes of JSON", found: "others")
    }
    return text
  }

  /// What the text between a string's quotation marks stands for; nil where it has other escapes than JSON's.
  static func text(of content: Range<Int>, in bytes: [UInt8]) -> String? {
    guard bytes[content].contains(UInt8(ascii: "\\")) else {
      return String(decoding: bytes[content], as: UTF8.self)
    }
    // The decoder knows surrogate pairs.
    return try? JSONDecoder().decode(
      String.self, from: Data(bytes[content.lowerBound - 1..<content.upperBound + 1]))
  }

  /// Takes a string and tells where its text is, escapes as they are.
  mutating func stringContent() throws(InferRequestError) -> Range<Int> {
    guard next == UInt8(ascii: "\"") else { throw unexpected("a string") }
    let start = position + 1
    var index = start
    var isASCII = true
    scan: while index < end {
      switch bytes[index] {
      case UInt8(ascii: "\""): break scan
      case UInt8(ascii: "\\"): index += 2
      case ..<0x20:
        position = index
        throw unexpected("a string's text, control characters escaped")
      case 0x80...:
        isASCII = false
        index += 1
      default: index += 1
      }
    }
    guard index < end else {
      position = end
      throw unexpected("a string's closing quotation mark")
    }
    guard isASCII || String(validating: bytes[start..<index], as: UTF8.self) != nil else {
      throw .json(offset: start, expected: "a string in UTF-8", found: "other bytes")
    }
    position = index + 1
    return start..<index
  }

  /// Takes a value of any kind and forgets it.
  package mutating func skip() throws(InferRequestError) {
    switch next {
    case UInt8(ascii: "{"):
      var keys = try beginObject()
      while try nextKey(&keys) != nil { try skip() }
    case UInt8(ascii: "["):
      var count = try beginArray()
      while try nextElement(&count) { try skip() }
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "t"), UInt8(ascii: "f"): _ = try boolean()
    case UInt8(ascii: "n"): try word("null")
    default: _ = try number("a value")
    }
  }

  private mutating func word(_ word: StaticString) throws(InferRequestError) {
    for scalar in "\(word)".utf8 {
      guard next == scalar else { throw unexpected("\(word)") }
      position += 1
    }
  }
}
