/// Takes values one by one from JSON of unknown origin, in one pass: RFC 8259, UTF-8 alone, bounded depth, no key
/// that is asked for twice in one object. A tensor's numbers thus go where they belong without a tree between, and
/// what nobody asks for is checked and never built.
///
/// - Cost: a few nanoseconds a byte at most, whatever the text is; no memory beside what is taken.
package struct JSONReader {
  /// Arrays and objects around a value.
  static let maxDepth = 64

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

/// The keys of an object that somebody asks for, by the names that they have in JSON.
typealias JSONKey = CaseIterable & Hashable & RawRepresentable<String>

/// What was read of an object so far.
struct ObjectProgress<Key: JSONKey> {
  fileprivate var count = 0
  fileprivate var taken: Set<Key> = []
  /// In bytes of a text; no escape is longer than the six of `\u0069` for one byte.
  fileprivate let longest = 6 * (Key.allCases.map { $0.rawValue.utf8.count }.max() ?? 0)

  /// The key that a name in `json` stands for; nil for one that nobody asks for.
  fileprivate func key(_ name: JSONText, in json: [UInt8]) -> Key? {
    guard name.content.count <= longest else { return nil }
    let name = name.bytes(in: json)
    return Key.allCases.first { $0.rawValue.utf8.count == name.count && name.elementsEqual($0.rawValue.utf8) }
  }
}

// Arrays and objects: begin one, then ask for the next member until there is none.
extension JSONReader {
  mutating func beginObject<Key: JSONKey>(_ keys: Key.Type) throws(InferRequestError) -> ObjectProgress<Key> {
    try beginObject()
    return ObjectProgress()
  }

  /// Begins an object of whose members each is asked for by ``nextName(_:)``.
  mutating func beginObject() throws(InferRequestError) { try open(UInt8(ascii: "{"), "an object") }

  /// The next key of `Key` whose value is not null, with the reader before the value; nil behind the object.
  ///
  /// Members with other keys are skipped.
  mutating func nextKey<Key: JSONKey>(
    _ object: inout ObjectProgress<Key>
  ) throws(InferRequestError) -> Key? {
    while let name = try nextName(&object.count) {
      guard let key = object.key(name, in: bytes) else {
        try skip()
        continue
      }
      guard object.taken.insert(key).inserted else {
        throw .json(
          offset: name.content.lowerBound - 1, expected: "each key of an object once",
          found: "'\(key.rawValue)' twice")
      }
      if try !takeNull() { return key }
    }
    return nil
  }

  /// The next member's key, with the reader before its value; nil behind the object. `count` are those so far.
  mutating func nextName(_ count: inout Int) throws(InferRequestError) -> JSONText? {
    guard try isNextMember(&count, before: UInt8(ascii: "}")) else { return nil }
    let name = try text()
    try expect(UInt8(ascii: ":"), "\":\"")
    skipWhitespace()
    return name
  }

  mutating func beginArray() throws(InferRequestError) -> Int {
    try open(UInt8(ascii: "["), "an array")
    return 0
  }

  /// Whether there is a next element, with the reader before it; `count` are those so far.
  mutating func nextElement(_ count: inout Int) throws(InferRequestError) -> Bool {
    try isNextMember(&count, before: UInt8(ascii: "]"))
  }

  private mutating func isNextMember(
    _ count: inout Int, before close: UInt8
  ) throws(InferRequestError) -> Bool {
    if take(close) {
      depth -= 1
      return false
    }
    if count > 0, !take(UInt8(ascii: ",")) { throw unexpected("\",\" or \(described(close))") }
    count += 1
    skipWhitespace()
    return true
  }

  private mutating func open(_ byte: UInt8, _ expected: String) throws(InferRequestError) {
    try expect(byte, expected)
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

  /// Takes a value of any kind and forgets it: its form is checked, and nothing is built.
  package mutating func skip() throws(InferRequestError) {
    switch next {
    case UInt8(ascii: "{"):
      try beginObject()
      var count = 0
      while try nextName(&count) != nil { try skip() }
    case UInt8(ascii: "["):
      var count = try beginArray()
      while try nextElement(&count) { try skip() }
    case UInt8(ascii: "\""): _ = try text()
    case UInt8(ascii: "t"), UInt8(ascii: "f"): _ = try boolean()
    case UInt8(ascii: "n"): try word("null")
    default: try skipNumber()
    }
  }

  private mutating func word(_ word: String) throws(InferRequestError) {
    for byte in word.utf8 {
      guard next == byte else { throw unexpected(word) }
      position += 1
    }
  }
}
