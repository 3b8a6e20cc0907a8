extension MultipartForm {
  /// Goes from one delimiter line of a body to the next.
  ///
  /// A boundary has no CR, so a comparison that fails passes over no other CR LF: each byte is looked at
  /// twice at most.
  struct Delimiters {
    /// A line of `--boundary`, or of `--boundary--` behind the last part.
    struct Line {
      /// Where its CR LF begins; 0 when it opens the body.
      let start: Int
      /// Behind its own line end.
      let end: Int
      let isLast: Bool
    }

    private let body: [UInt8]
    private let dashBoundary: [UInt8]
    private var position = 0

    init(of body: [UInt8], boundary: [UInt8]) {
      self.body = body
      dashBoundary = Array("--".utf8) + boundary
    }

    /// The next delimiter; nil when there is none.
    ///
    /// - Parameter part: the part that it would end, for errors.
    mutating func next(part: Int) throws(MultipartError) -> Line? {
      if position == 0, isDashBoundary(at: 0) { return try line(start: 0, dashes: 0, part: part) }
      let (body, last) = (body, body.count - 2 - dashBoundary.count)
      var index = position
      while index <= last {
        if body[index] == 0x0D, isLineEnd(at: index), isDashBoundary(at: index + 2) {
          return try line(start: index, dashes: index + 2, part: part)
        }
        index += 1
      }
      position = body.count
      return nil
    }

    private mutating func line(start: Int, dashes: Int, part: Int) throws(MultipartError) -> Line {
      var end = dashes + dashBoundary.count
      let isLast =
        byte(at: end) == UInt8(ascii: "-") && byte(at: end + 1) == UInt8(ascii: "-")
      if isLast { end += 2 }
      while let byte = byte(at: end), isBlank(byte) { end += 1 }
      if isLineEnd(at: end) {
        // The next delimiter may share this line end: then the part between them is malformed.
        position = end
        return Line(start: start, end: end + 2, isLast: isLast)
      }
      guard let found = byte(at: end) else {
        guard isLast else { throw .truncated(part: part + 1) }
        return Line(start: start, end: end, isLast: true)
      }
      throw .delimiterLine(offset: end, found: described(found))
    }

    private func isDashBoundary(at offset: Int) -> Bool {
      guard dashBoundary.count <= body.count - offset else { return false }
      for index in dashBoundary.indices where body[offset + index] != dashBoundary[index] { return false }
      return true
    }

    private func isLineEnd(at offset: Int) -> Bool {
      byte(at: offset) == 0x0D && byte(at: offset + 1) == 0x0A
    }

    private func byte(at offset: Int) -> UInt8? { offset < body.count ? body[offset] : nil }
  }
}
