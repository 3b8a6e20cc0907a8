extension MultipartForm.Part {
  /// The `number`-th part, whose header begins at `start` and whose content ends at `end`.
  init(
    in body: [UInt8], from start: Int, to end: Int, number: Int, headerLimit: Int
  ) throws(MultipartError) {
    var fields: [String: String] = [:]
    var line = start
    let headerEnd = min(end, start + headerLimit)
    while true {
      guard let lineEnd = Self.lineEnd(in: body, from: line, to: headerEnd) else {
        guard headerEnd == end else { throw .headerTooLong(part: number, limit: headerLimit) }
        throw .header(
          part: number, expected: "a header and an empty line behind it", found: "the next boundary")
      }
      if lineEnd == line { break }
      do {
        try Self.add(body[line..<lineEnd], to: &fields)
      } catch {
        throw .header(part: number, expected: error.expected, found: error.found)
      }
      line = lineEnd + 2
    }
    do {
      self = try Self(fields, content: body[line + 2..<end])
    } catch {
      throw .header(part: number, expected: error.expected, found: error.found)
    }
  }

  private init(_ fields: [String: String], content: ArraySlice<UInt8>) throws(Mismatch) {
    guard let text = fields["content-disposition"] else {
      throw Mismatch(expected: "a Content-Disposition", found: "none")
    }
    let disposition = try ParameterizedValue(text)
    guard disposition.value == "form-data" else {
      throw Mismatch(expected: "the Content-Disposition 'form-data'", found: escaped(disposition.value))
    }
    guard let name = disposition.parameters["name"] else {
      throw Mismatch(expected: "a Content-Disposition with a parameter 'name'", found: "none")
    }
    // Deprecated by RFC 7578: whoever sends another one sends other bytes than the file's.
    let encoding = fields["content-transfer-encoding"]?.lowercased() ?? "binary"
    guard ["binary", "8bit", "7bit"].contains(encoding) else {
      throw Mismatch(expected: "bytes without a transfer encoding", found: escaped(encoding))
    }
    self.init(
      name: name, filename: disposition.parameters["filename"], contentType: fields["content-type"],
      content: content)
  }

  /// Where the line from `start` ends with CR LF, before `end`.
  private static func lineEnd(in body: [UInt8], from start: Int, to end: Int) -> Int? {
    guard start < end - 1 else { return nil }
    return (start..<end - 1).first { body[$0] == 0x0D && body[$0 + 1] == 0x0A }
  }

  /// Reads one header line. Fields that no form needs are checked, then ignored.
  private static func add(
    _ line: ArraySlice<UInt8>, to fields: inout [String: String]
  ) throws(Mismatch) {
    var value = line
    let nameBytes = value.popPrefix(isTokenByte)
    guard !nameBytes.isEmpty, value.popFirst() == UInt8(ascii: ":") else {
      throw Mismatch(
        expected: "a header line as 'Name: value'", found: escaped(String(decoding: line, as: UTF8.self)))
    }
    let name = String(decoding: nameBytes, as: UTF8.self).lowercased()
    guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }),
      let text = String(validating: value.trimmed, as: UTF8.self)
    else {
      throw Mismatch(
        expected: "\(escaped(name)) in UTF-8 without control characters",
        found: escaped(String(decoding: value, as: UTF8.self)))
    }
    guard fields.updateValue(text, forKey: name) == nil else {
      throw Mismatch(expected: "every header field once", found: "\(escaped(name)) twice")
    }
  }
}
