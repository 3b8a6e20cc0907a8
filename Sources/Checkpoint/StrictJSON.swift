import FoundationEssentials

/// JSON from a file of unknown origin: nothing but UTF-8, and no key twice in one object.
package enum StrictJSON {
  /// What is wrong with a text, and where in it.
  package struct Problem: Error, CustomStringConvertible {
    /// Keys and indices from the outside in; empty for the whole text.
    package let path: [String]
    package let text: String
    package var description: String {
      path.isEmpty ? text : "\(printable(path.joined(separator: "."))): \(text)"
    }
  }

  /// Decodes a whole text.
  package static func decode<Value: Decodable>(
    _ type: Value.Type = Value.self, from bytes: UnsafeRawBufferPointer,
    userInfo: [CodingUserInfoKey: any Sendable] = [:]
  ) throws(Problem) -> Value {
    // A zero byte betrays UTF-16 and UTF-32, which the decoder would take too.
    if let zero = bytes.firstIndex(of: 0) {
      throw Problem(path: [], text: "expected UTF-8, found a zero at its byte \(zero)")
    }
    let decoder = JSONDecoder()
    decoder.userInfo = userInfo
    let value: Value
    do {
      value = try decoder.decode(type, from: Data(bytes))
    } catch let error as DecodingError {
      throw Problem(error)
    } catch {
      throw Problem(path: [], text: printable("\(error)", limit: 200))
    }
    if let key = firstRepeatedKey(in: bytes) {
      throw Problem(path: [], text: "expected every key once, found \(quoted(key)) twice in one object")
    }
    return value
  }

  /// Decodes a whole text that is held.
  package static func decode<Value: Decodable>(
    _ type: Value.Type = Value.self, from bytes: [UInt8]
  ) throws(Problem) -> Value {
    try bytes.withUnsafeBufferPointer { (bytes) throws(Problem) in
      try decode(type, from: UnsafeRawBufferPointer(bytes))
    }
  }

  /// The text of a value: the same bytes for the same value.
  ///
  /// - Throws: `CheckpointError.unwritable` for the file at `path`, when JSON can't hold the value.
  package static func encode(_ value: some Encodable, for path: String) throws(CheckpointError) -> [UInt8] {
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return [UInt8](try encoder.encode(value))
    } catch {
      throw .unwritable(path: path, reason: "its header is no JSON: \(printable("\(error)", limit: 200))")
    }
  }

  /// Of two values under one key the decoder keeps either; readers would differ on what a file says.
  ///
  /// - Parameter json: a valid text, in which a string before a colon is a key of the innermost object.
  private static func firstRepeatedKey(in json: UnsafeRawBufferPointer) -> String? {
    var objects: [Set<String>] = []
    var rest = json[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "{"): objects.append([])
      case UInt8(ascii: "}"): _ = objects.popLast()
      case UInt8(ascii: "\""):
        let string = popString(&rest)
        let next = rest.first { !whitespace.contains($0) }
        guard next == UInt8(ascii: ":"), let object = objects.indices.last else { continue }
        let key = text(of: string)
        if !objects[object].insert(key).inserted { return key }
      default: break
      }
    }
    return nil
  }

  private static let whitespace: [UInt8] = [0x20, 0x09, 0x0A, 0x0D]

  /// Takes a string's bytes, its escapes as they are, and the quotation mark behind it.
  private static func popString(_ rest: inout Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer>
  {
    let whole = rest
    while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
      if byte == UInt8(ascii: "\\") { _ = rest.popFirst() }
    }
    return whole[..<max(whole.startIndex, rest.startIndex - 1)]
  }

  private static func text(of string: Slice<UnsafeRawBufferPointer>) -> String {
    let plain = String(decoding: string, as: UTF8.self)
    guard string.contains(UInt8(ascii: "\\")) else { return plain }
    return (try? JSONDecoder().decode(String.self, from: Data("\"\(plain)\"".utf8))) ?? plain
  }
}

extension StrictJSON.Problem {
  /// Where and what, without Swift's type names around it.
  fileprivate init(_ error: DecodingError) {
    let (context, text): (DecodingError.Context, String) =
      switch error {
      case .keyNotFound(let key, let context): (context, "the key '\(key.stringValue)' is missing")
      case .valueNotFound(_, let context): (context, "null where a value is needed")
      case .dataCorrupted(let context) where context.codingPath.isEmpty:
        (context, "expected JSON in UTF-8 with numbers that fit their types, found other text")
      case .typeMismatch(_, let context), .dataCorrupted(let context): (context, context.debugDescription)
      @unknown default: (DecodingError.Context(codingPath: [], debugDescription: ""), "\(error)")
      }
    self.init(path: context.codingPath.map(\.stringValue), text: printable(text, limit: 200))
  }
}
