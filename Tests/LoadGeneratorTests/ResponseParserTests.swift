import LoadGenerator
import Testing

extension ResponseParser {
  /// Every response that the bytes end, given `piece` bytes at a time.
  mutating func responses(in text: String, piece: Int = .max) throws -> [Response] {
    var rest = Array(text.utf8)[...]
    var responses: [Response] = []
    while !rest.isEmpty {
      let taken = receive { space in
        let count = min(piece, rest.count, space.count)
        space.copyBytes(from: rest.prefix(count))
        return count
      }
      rest = rest.dropFirst(taken)
      while let response = try next() { responses.append(response) }
    }
    return responses
  }
}

@Suite struct ResponseParserTests {
  private let answer = """
    HTTP/1.1 200 OK\r
    Date: Sat, 01 Jan 2028 00:00:00 GMT\r
    X-Batch-Size: 7\r
    server-timing: decode;dur=1.25, queue;dur=0.5,inference;dur=10 , total;desc="all";dur=9, total;dur=12.004\r
    CONTENT-LENGTH: 11\r
    \r
    {"a": 1}\r\n\r
    """

  @Test func aHeadTellsWhatIsMeasured() throws {
    var parser = ResponseParser()
    let response = try #require(try parser.responses(in: answer).first)
    #expect(response.status == 200 && !response.closes && response.contentLength == 11)
    #expect(response.batchSize == 7)
    #expect(response.stages == ServerStages(decode: 1.25, queue: 0.5, inference: 10, total: 12.004))
    #expect(parser.isBetweenResponses)
  }

  @Test(arguments: [1, 2, 3, 7, 50, 400]) func piecesMakeNoDifference(piece: Int) throws {
    var (whole, split) = (ResponseParser(), ResponseParser())
    let text = answer + "HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    let found = try split.responses(in: text, piece: piece)
    #expect(try found == whole.responses(in: text))
    #expect(found.map(\.status) == [200, 429] && found.map(\.closes) == [false, true])
  }

  @Test func interimAnswersAndLongBodiesArePassedOver() throws {
    var parser = ResponseParser()
    let body = String(repeating: "HTTP/1.1 500 X\r\n", count: 10_000)
    let text =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    #expect(try parser.responses(in: text + answer).map(\.contentLength) == [body.utf8.count, 11])
  }

  @Test func anAnswerWithoutABodyNeedsNoLength() throws {
    var parser = ResponseParser()
    #expect(try parser.responses(in: "HTTP/1.1 204 No Content\r\n\r\n" + answer).map(\.status) == [204, 200])
  }

  @Test func anOldServerCloses() throws {
    var parser = ResponseParser()
    let heads = ["", "Connection: Keep-Alive\r\n"].map { "HTTP/1.0 200\r\n\($0)Content-Length: 0\r\n\r\n" }
    #expect(try parser.responses(in: heads.joined()).map(\.closes) == [true, false])
  }

  @Test func anUnfinishedAnswerIsNone() throws {
    var parser = ResponseParser()
    #expect(try parser.responses(in: String(answer.dropLast())).isEmpty)
    #expect(!parser.isBetweenResponses)
  }

  @Test(arguments: [
    ("SSH-2.0-OpenSSH_9.2\r\n", ResponseError.notHTTP),
    ("HTTP/2.0 200 OK\r\n", .notHTTP), ("HTTP/1.1 20x OK\r\n", .notHTTP), ("HTTP/1.1 2000\r\n", .notHTTP),
    ("\r\n", .notHTTP),
    ("HTTP/1.1 200 OK\r\nnonsense\r\n", .malformedField),
    ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n", .contentLength),
    ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n", .contentLength),
    ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n", .contentLength),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", .chunked),
    ("HTTP/1.1 200 OK\r\n\r\n", .noLength),
  ])
  func whatIsNoAnswerIsRefused(text: String, error: ResponseError) {
    for piece in [1, 1_000_000] {
      var parser = ResponseParser()
      #expect(throws: error) { try parser.responses(in: text, piece: piece) }
    }
  }

  @Test func anEndlessLineIsRefused() {
    var parser = ResponseParser()
    let line = "HTTP/1.1 200 OK\r\nX: " + String(repeating: "y", count: 20_000)
    #expect(throws: ResponseError.lineTooLong) { try parser.responses(in: line) }
  }

  @Test(arguments: ["decode;dur=", "decode;dur=x", ";;,,;", "dur=1", "total;dur=1.2.3", "queue; dur =1", ","])
  func aStrangeServerTimingIsPassedOver(value: String) throws {
    var parser = ResponseParser()
    let text = "HTTP/1.1 200 OK\r\nServer-Timing: \(value)\r\nContent-Length: 0\r\n\r\n"
    #expect(try parser.responses(in: text).first?.stages == ServerStages())
  }
}
