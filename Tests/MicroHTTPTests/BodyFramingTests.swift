import MicroHTTP
import Testing

@Suite struct BodyFramingTests {
  func framing(_ fields: HTTPFields, version: String = "HTTP/1.1") throws -> BodyFraming {
    try BodyFraming(fields: fields, version: version, limit: 100)
  }

  @Test func recognisesTheThreeKinds() throws {
    #expect(try framing([:]) == .none)
    #expect(try framing(["content-length": "100"]) == .length(100))
    #expect(try framing(["Content-Length": "007"]) == .length(7))
    #expect(try framing(["transfer-encoding": "Chunked"]) == .chunked)
  }

  @Test(arguments: ["101", "99999999999999999999999"])
  func refusesLargeLengths(_ length: String) {
    let error = #expect(throws: HTTPRefusal.self) { try framing(["Content-Length": length]) }
    #expect(error?.status == 413)
  }

  @Test func refusesAmbiguity() {
    let ambiguous: [HTTPFields] = [
      ["Content-Length": "1", "Transfer-Encoding": "chunked"],
      ["Content-Length": "1", "content-length": "1"],
      ["Transfer-Encoding": "chunked", "transfer-encoding": "chunked"],
      ["Transfer-Encoding": "chunked "], ["Transfer-Encoding": "gzip"], ["Transfer-Encoding": ""],
      ["Content-Length": ""], ["Content-Length": "1 "], ["Content-Length": "١"],
      ["Name ": "x"], ["": "x"], ["Näme": "x"], ["X": "a\u{0}b"], ["X": "a\rb"],
    ]
    for fields in ambiguous {
      let error = #expect(throws: HTTPRefusal.self, "\(fields)") { try framing(fields) }
      #expect(error?.status == 400, "\(fields)")
    }
    #expect(throws: HTTPRefusal.self) { try framing(["Transfer-Encoding": "chunked"], version: "HTTP/1.0") }
  }
}
