import MicroHTTP

/// A header's value with parameters: `form-data; name="photos"; filename=cat.jpg`.
///
/// - Source: RFC 2045 section 5.1; RFC 5987 for `filename*=UTF-8''%C3%A9.jpg`, which wins over `filename=`.
struct ParameterizedValue {
  /// What stands before the first semicolon, in lower case.
  let value: String
  /// By names in lower case.
  let parameters: [String: String]

  init(_ text: String) throws(Mismatch) {
    var rest = Array(text.utf8)[...]
    value = String(decoding: rest.popPrefix { $0 != UInt8(ascii: ";") }.trimmed, as: UTF8.self).lowercased()
    var plain: [String: String] = [:]
    var extended: [String: String] = [:]
    while rest.popFirst() != nil {
      rest.popPrefix(isBlank)
      if rest.first == nil || rest.first == UInt8(ascii: ";") { continue }
      let name = String(decoding: rest.popPrefix(isTokenByte), as: UTF8.self).lowercased()
      guard !name.isEmpty, rest.popFirst() == UInt8(ascii: "=") else {
        throw Mismatch(expected: "parameters as name=value", found: escaped(text))
      }
      let value = try Self.value(&rest)
      let previous: String?
      if name.last == "*" {
        previous = extended.updateValue(try Self.decode(value), forKey: String(name.dropLast()))
      } else {
        previous = plain.updateValue(value, forKey: name)
      }
      guard previous == nil else {
        throw Mismatch(expected: "each parameter once", found: "\(escaped(name)) twice")
      }
    }
    parameters = plain.merging(extended) { $1 }
    guard !parameters.values.contains(where: { $0.utf8.contains { $0 < 0x20 || $0 == 0x7F } }) else {
      throw Mismatch(expected: "parameters without control characters", found: escaped(text))
    }
  }

  /// Takes a value, quoted or not, up to the next semicolon or the end.
  private static func value(_ rest: inout ArraySlice<UInt8>) throws(Mismatch) -> String {
    guard rest.first == UInt8(ascii: "\"") else {
      let bytes = rest.popPrefix { $0 != UInt8(ascii: ";") }.trimmed
      guard !bytes.isEmpty, bytes.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") })
      else {
        throw Mismatch(
          expected: "a parameter's value, in quotes where it has blanks or letters beyond ASCII",
          found: escaped(String(decoding: bytes, as: UTF8.self)))
      }
      return String(decoding: bytes, as: UTF8.self)
    }
    let whole = rest
    rest = rest.dropFirst()
    var text: [UInt8] = []
    var isClosed = false
    while !isClosed, let byte = rest.popFirst() {
      // Browsers leave a backslash as it is: before anything else it stands for itself.
      if byte == UInt8(ascii: "\\"), let next = rest.first, [0x22, 0x5C].contains(next) {
        text.append(next)
        rest = rest.dropFirst()
      } else if byte == UInt8(ascii: "\"") {
        isClosed = true
      } else {
        text.append(byte)
      }
    }
    rest.popPrefix(isBlank)
    guard isClosed, rest.first == nil || rest.first == UInt8(ascii: ";") else {
      throw Mismatch(
        expected: "a closing quotation mark, then a semicolon or the end",
        found: escaped(String(decoding: whole, as: UTF8.self)))
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// `UTF-8'language'percent-encoded`.
  private static func decode(_ text: String) throws(Mismatch) -> String {
    let fields = text.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
    guard fields.count == 3, fields[0].lowercased() == "utf-8",
      let bytes = percentDecoded(Array(fields[2].utf8)[...]),
      let decoded = String(validating: bytes, as: UTF8.self)
    else { throw Mismatch(expected: "UTF-8'' and percent-encoded UTF-8", found: escaped(text)) }
    return decoded
  }
}

func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

/// A character of a token: RFC 9110 section 5.6.2.
func isTokenByte(_ byte: UInt8) -> Bool {
  switch byte {
  case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
  default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
  }
}

extension ArraySlice<UInt8> {
  /// Takes the longest prefix of bytes that satisfy `condition`.
  @discardableResult
  mutating func popPrefix(_ condition: (UInt8) -> Bool) -> ArraySlice<UInt8> {
    let taken = prefix(while: condition)
    self = self[taken.endIndex...]
    return taken
  }

  /// Without blanks at its ends.
  var trimmed: ArraySlice<UInt8> {
    let left = drop(while: isBlank)
    return left[..<((left.lastIndex { !isBlank($0) } ?? left.startIndex - 1) + 1)]
  }
}
