/// Reads responses from the bytes of a connection, in whatever pieces they come.
///
/// The buffer is made once; bodies are counted and forgotten.
package struct ResponseParser {
  private enum Phase {
    case statusLine
    case fields(Response)
    case body(Response, left: Int)
  }

  private static let capacity = 16 << 10
  private var buffer = [UInt8](repeating: 0, count: capacity)
  /// What has come and has not been read yet.
  private var pending = 0..<0
  /// How far `pending` is known to have no line end.
  private var scanned = 0
  private var phase = Phase.statusLine

  package init() {}

  /// Whether no byte of a response has come since the last one ended.
  package var isBetweenResponses: Bool {
    if case .statusLine = phase { pending.isEmpty } else { false }
  }

  /// Takes in bytes.
  /// - Parameter source: writes into the buffer that it is given, which is never empty, and returns how many
  ///   bytes it wrote, or nothing more than 0.
  /// - Returns: what `source` returned.
  /// - Precondition: `next` has returned nil since the last call.
  package mutating func receive(_ source: (UnsafeMutableRawBufferPointer) -> Int) -> Int {
    if pending.isEmpty { move(to: 0) }
    if pending.upperBound == Self.capacity {
      buffer.replaceSubrange(0..<pending.count, with: buffer[pending])
      move(to: 0)
    }
    let end = pending.upperBound
    let count = buffer.withUnsafeMutableBytes { source(UnsafeMutableRawBufferPointer(rebasing: $0[end...])) }
    pending = pending.lowerBound..<end + max(0, count)
    return count
  }

  /// The next final response, when all its bytes are here; interim ones (1xx) are passed over.
  package mutating func next() throws(ResponseError) -> Response? {
    while true {
      switch phase {
      case .statusLine:
        guard let line = try nextLine() else { return nil }
        phase = .fields(try Response(statusLine: buffer.span.extracting(line)))
      case .fields(var response):
        guard let line = try nextLine() else { return nil }
        if line.isEmpty {
          phase = try Self.afterHead(response)
        } else {
          try response.read(field: buffer.span.extracting(line))
          phase = .fields(response)
        }
      case .body(let response, let left):
        let count = min(left, pending.count)
        pending.removeFirst(count)
        scanned = pending.lowerBound
        guard count == left else {
          phase = .body(response, left: left - count)
          return nil
        }
        phase = .statusLine
        return response
      }
    }
  }

  private static func afterHead(_ response: Response) throws(ResponseError) -> Phase {
    switch response.status {
    case 100...199: return .statusLine
    case 204, 304: return .body(response, left: 0)
    default:
      guard let length = response.contentLength else { throw .noLength }
      return .body(response, left: length)
    }
  }

  /// Takes a line from `pending`, nil when its end has not come. The range is without the line end.
  private mutating func nextLine() throws(ResponseError) -> Range<Int>? {
    let line = pending
    guard let end = buffer.span.extracting(0..<line.upperBound).firstIndex(of: 0x0A, from: scanned) else {
      scanned = line.upperBound
      guard line.count < Self.capacity else { throw .lineTooLong }
      return nil
    }
    pending = end + 1..<line.upperBound
    scanned = end + 1
    let hasReturn = end > line.lowerBound && buffer[end - 1] == 0x0D
    return line.lowerBound..<(hasReturn ? end - 1 : end)
  }

  /// Notes that `pending` now begins at `start`.
  private mutating func move(to start: Int) {
    scanned += start - pending.lowerBound
    pending = start..<start + pending.count
  }
}
