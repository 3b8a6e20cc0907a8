/// How a request's body ends.
///
/// A request that two servers in a row could cut in different places is a way to smuggle a second one past
/// the first (RFC 9112, section 11.2), so anything ambiguous is refused rather than interpreted.
package enum BodyFraming: Equatable, Sendable {
  case none
  case length(Int)
  case chunked

  /// How many bytes the body will have; nil when that is not said.
  var declaredByteCount: Int? {
    switch self {
    case .none: 0
    case .length(let count): count
    case .chunked: nil
    }
  }

  /// - Parameters:
  ///   - fields: the request's header fields.
  ///   - version: the version as it was sent, such as `HTTP/1.1`.
  ///   - limit: the largest body, in bytes.
  /// - Throws: a refusal: 400 for a field name that is no token, a control character in a value, several
  ///   `Content-Length`, one that is not a decimal number, one beside a `Transfer-Encoding`, and any
  ///   `Transfer-Encoding` other than one `chunked` in HTTP/1.1; 413 for a length above the limit.
  package init(fields: HTTPFields, version: String, limit: Int) throws(HTTPRefusal) {
    for field in fields.all {
      guard !field.name.isEmpty, field.name.utf8.allSatisfy(\.isTokenByte) else {
        throw .badRequest("a header field's name is malformed")
      }
      guard field.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
        throw .badRequest("the header field \"\(field.name)\" has a control character")
      }
    }
    let lengths = fields.values(of: "Content-Length")
    let encodings = fields.values(of: "Transfer-Encoding")
    if let encoding = encodings.first {
      guard encodings.count == 1, encoding.equalsIgnoringASCIICase("chunked"), version != "HTTP/1.0" else {
        throw .badRequest("the only Transfer-Encoding understood is one \"chunked\", in HTTP/1.1")
      }
      guard lengths.isEmpty else {
        throw .badRequest("Content-Length and Transfer-Encoding exclude each other")
      }
      self = .chunked
    } else if let length = lengths.first {
      guard lengths.count == 1, !length.isEmpty, length.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
        throw .badRequest("Content-Length must be one decimal number")
      }
      // A number too large for Int is a length above any limit.
      guard let count = Int(length), count <= limit else { throw .payloadTooLarge(limit: limit) }
      self = .length(count)
    } else {
      self = .none
    }
  }
}

extension UInt8 {
  /// Whether the byte may stand in a token (RFC 9110, section 5.6.2).
  fileprivate var isTokenByte: Bool {
    switch self {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
    default: false
    }
  }
}
