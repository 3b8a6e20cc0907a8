/// The parts of a `multipart/form-data` body, as slices of it: no content is copied.
///
/// A preamble, an epilogue and blanks behind a boundary are skipped, as RFC 2046 asks. What parsers could
/// understand in two ways is refused: a line that begins like the boundary's and goes on, folded, repeated or
/// missing header fields, a transfer encoding, line ends other than CR LF.
///
/// - Source: RFC 7578; RFC 2046 section 5.1 for the boundary.
/// - Cost: one pass over the body.
package struct MultipartForm: Sendable, Equatable {
  /// One field of the form.
  package struct Part: Sendable, Equatable {
    /// The field's name; several parts may share one.
    package let name: String
    /// The file's name as the client tells it, for display and never for a path.
    package let filename: String?
    /// The part's Content-Type, as it was sent.
    package let contentType: String?
    /// Its bytes, a part of the body.
    package let content: ArraySlice<UInt8>
  }

  /// How much a form may have.
  package struct Limits: Sendable {
    /// Parts of the form.
    package var partCount: Int
    /// Bytes of one part's header.
    package var headerBytes: Int

    /// Makes limits.
    package init(partCount: Int = 1000, headerBytes: Int = 8192) {
      self.partCount = partCount
      self.headerBytes = headerBytes
    }
  }

  /// In the body's order; none for a form without fields.
  package let parts: [Part]

  /// Finds the parts of `body`.
  ///
  /// - Parameter contentType: the header's value, which names the boundary.
  /// - Throws: ``MultipartError``.
  package init(contentType: String, body: [UInt8], limits: Limits = Limits()) throws(MultipartError) {
    var delimiters = Delimiters(of: body, boundary: try Self.boundary(contentType))
    guard var start = try delimiters.next(part: 0) else { throw .noDelimiter }
    var parts: [Part] = []
    while !start.isLast {
      let number = parts.count + 1
      guard number <= limits.partCount else { throw .tooManyParts(limit: limits.partCount) }
      guard let end = try delimiters.next(part: number) else { throw .truncated(part: number) }
      parts.append(
        try Part(in: body, from: start.end, to: end.start, number: number, headerLimit: limits.headerBytes))
      start = end
    }
    self.parts = parts
  }

  /// Whether a Content-Type announces a form, be its boundary usable or not.
  package static func isAnnounced(by contentType: String) -> Bool {
    let type = contentType.prefix { $0 != ";" }
    return String(decoding: Array(type.utf8)[...].trimmed, as: UTF8.self).lowercased() == mediaType
  }

  private static let mediaType = "multipart/form-data"

  private static func boundary(_ contentType: String) throws(MultipartError) -> [UInt8] {
    let type: ParameterizedValue
    do {
      type = try ParameterizedValue(contentType)
    } catch {
      throw .contentType(expected: error.expected, found: error.found)
    }
    guard type.value == mediaType else {
      throw .contentType(expected: mediaType, found: escaped(type.value))
    }
    guard let boundary = type.parameters["boundary"] else {
      throw .contentType(expected: "a parameter 'boundary'", found: "none")
    }
    guard (1...70).contains(boundary.utf8.count), boundary.last != " ",
      boundary.utf8.allSatisfy(isBoundaryByte)
    else {
      throw .contentType(
        expected: "a boundary of 1 to 70 letters, digits, and '()+_,-./:=? that ends with no blank",
        found: boundary.isEmpty ? "an empty one" : escaped(boundary))
    }
    return Array(boundary.utf8)
  }

  private static func isBoundaryByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: "'()+_,-./:=? ".utf8.contains(byte)
    }
  }
}
