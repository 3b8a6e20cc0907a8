/// The second word of a request line, taken apart and percent-decoded.
///
/// libmicrohttpd decodes leniently and into C strings, where `%00` cuts a path short, so the raw target is
/// decoded here. Accepted are the origin form `/path?query`, the absolute form `http://host/path?query`
/// and `*`.
package struct RequestTarget: Sendable, Equatable {
  package let path: String
  package let query: HTTPQuery

  /// - Throws: a refusal with status 400 for any other form, a control character or a space, an
  ///   incomplete percent sequence, and for what decodes to a NUL or not to UTF-8.
  package init(_ target: [UInt8]) throws(HTTPRefusal) {
    guard target.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
      throw .badRequest("the request target has a space or a control character")
    }
    let local = Self.withoutAuthority(target[...])
    let pathEnd = local.firstIndex(of: UInt8(ascii: "?")) ?? local.endIndex
    let rawPath = local[..<pathEnd]
    guard rawPath.first == UInt8(ascii: "/") || rawPath.elementsEqual("*".utf8) else {
      throw .badRequest("the request target must begin with \"/\"")
    }
    path = try Self.decode(rawPath, plusIsSpace: false)
    query = try Self.query(local[pathEnd...].dropFirst())
  }

  private static func withoutAuthority(_ target: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    for scheme in ["http://", "https://"] where target.starts(with: scheme.utf8) {
      let authority = target.dropFirst(scheme.utf8.count)
      let end = authority.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
      guard let end else { return [UInt8(ascii: "/")] }
      return authority[end] == UInt8(ascii: "/") ? authority[end...] : [UInt8(ascii: "/")] + authority[end...]
    }
    return target
  }

  private static func query(_ raw: ArraySlice<UInt8>) throws(HTTPRefusal) -> HTTPQuery {
    var items: [HTTPField] = []
    for pair in raw.split(separator: UInt8(ascii: "&")) {
      let nameEnd = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
      items.append(
        HTTPField(
          try decode(pair[..<nameEnd], plusIsSpace: true),
          try decode(pair[nameEnd...].dropFirst(), plusIsSpace: true)))
    }
    return HTTPQuery(items)
  }

  private static func decode(_ raw: ArraySlice<UInt8>, plusIsSpace: Bool) throws(HTTPRefusal) -> String {
    guard let decoded = percentDecoded(raw, plusIsSpace: plusIsSpace) else {
      throw .badRequest("the request target has a \"%\" without two hexadecimal digits")
    }
    guard !decoded.contains(0), let text = String(validating: decoded, as: UTF8.self) else {
      throw .badRequest("the request target does not decode to UTF-8 text")
    }
    return text
  }
}

/// The bytes that percent-encoded text stands for; nil where a `%` has no two hexadecimal digits behind it.
/// - Parameter plusIsSpace: as in a query.
package func percentDecoded(_ text: ArraySlice<UInt8>, plusIsSpace: Bool = false) -> [UInt8]? {
  var decoded: [UInt8] = []
  decoded.reserveCapacity(text.count)
  var rest = text
  while let byte = rest.popFirst() {
    switch byte {
    case UInt8(ascii: "%"):
      guard let high = rest.popFirst()?.hexDigitValue, let low = rest.popFirst()?.hexDigitValue else {
        return nil
      }
      decoded.append(high << 4 | low)
    case UInt8(ascii: "+") where plusIsSpace: decoded.append(UInt8(ascii: " "))
    default: decoded.append(byte)
    }
  }
  return decoded
}

extension UInt8 {
  fileprivate var hexDigitValue: UInt8? {
    switch self {
    case 0x30...0x39: self - 0x30
    case 0x41...0x46: self - 0x41 + 10
    case 0x61...0x66: self - 0x61 + 10
    default: nil
    }
  }
}
