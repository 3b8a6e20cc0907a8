/// What the generator wants to know of an answer; the body is not kept.
package struct Response: Equatable {
  package let status: Int
  /// Whether the server closes the connection after it.
  package private(set) var closes: Bool
  package private(set) var contentLength: Int?
  /// `x-batch-size`.
  package private(set) var batchSize: Double?
  package private(set) var stages = ServerStages()

  /// Reads `HTTP/1.x NNN reason`.
  /// - Throws: `ResponseError.notHTTP`.
  init(statusLine line: borrowing Span<UInt8>) throws(ResponseError) {
    let space = UInt8(ascii: " ")
    guard line.count >= 12, line.extracting(0..<7).equals(lowercased: Self.version), line[8] == space,
      let status = line.extracting(9..<12).integer(), status >= 100, line.count == 12 || line[12] == space
    else { throw .notHTTP }
    self.status = status
    closes = line[7] == UInt8(ascii: "0")
  }

  private static let version = Array("http/1.".utf8)
  private static let contentLengthName = Array("content-length".utf8)
  private static let transferEncodingName = Array("transfer-encoding".utf8)
  private static let connectionName = Array("connection".utf8)
  private static let batchSizeName = Array("x-batch-size".utf8)
  private static let serverTimingName = Array("server-timing".utf8)
  private static let close = Array("close".utf8)
  private static let keepAlive = Array("keep-alive".utf8)

  /// Reads a header field; fields that the generator has no use for are passed over.
  /// - Throws: `ResponseError.malformedField`, `.contentLength`, `.chunked`.
  mutating func read(field: borrowing Span<UInt8>) throws(ResponseError) {
    guard let colon = field.firstIndex(of: UInt8(ascii: ":"), from: 0), colon > 0 else {
      throw .malformedField
    }
    let name = field.extracting(0..<colon)
    let value = field.extracting(field.trimmed(colon + 1..<field.count))
    // The length tells most names apart before a letter is compared.
    switch name.count {
    case 10 where name.equals(lowercased: Self.connectionName):
      if value.equals(lowercased: Self.close) { closes = true }
      if value.equals(lowercased: Self.keepAlive) { closes = false }
    case 12 where name.equals(lowercased: Self.batchSizeName):
      batchSize = value.decimal()
    case 13 where name.equals(lowercased: Self.serverTimingName):
      stages = ServerStages(field: value)
    case 14 where name.equals(lowercased: Self.contentLengthName):
      guard let length = value.integer(), length == contentLength ?? length else { throw .contentLength }
      contentLength = length
    case 17 where name.equals(lowercased: Self.transferEncodingName):
      throw .chunked
    default: break
    }
  }
}

/// Why bytes are not an answer that the generator reads.
package enum ResponseError: Error, CustomStringConvertible {
  case notHTTP, malformedField, contentLength, chunked, noLength, lineTooLong, surplus

  package var description: String {
    switch self {
    case .notHTTP: "expected a line HTTP/1.1 NNN, found something else"
    case .malformedField: "a header field without a name"
    case .contentLength: "Content-Length is no number, or two of them differ"
    case .chunked: "expected an answer with Content-Length, found Transfer-Encoding, which is not read"
    case .noLength: "expected an answer with Content-Length, found none"
    case .lineTooLong: "a line of the answer's head is longer than 16 KiB"
    case .surplus: "more bytes than the answer's Content-Length"
    }
  }
}
