import HTTPService
import Testing

private let photo = [0xFF, 0xD8, 0xFF, 0xE0] + Array(" first\r\n--\r\n\0".utf8)
private let second = Array("second \r\r\n\n".utf8)
private let note = Array("hello \"w\" é".utf8)

/// Parses a body with the boundary `b`.
private func form(
  _ body: String, type: String = "multipart/form-data; boundary=b",
  limits: MultipartForm.Limits = .init()
) throws(MultipartError) -> MultipartForm {
  try MultipartForm(contentType: type, body: Array(body.utf8), limits: limits)
}

private func body(_ header: String, _ content: String = "x") -> String {
  "--b\r\n\(header)\r\n\r\n\(content)\r\n--b--\r\n"
}

private let plain = "Content-Disposition: form-data; name=a"

@Suite struct MultipartFormTests {
  struct Expected: Sendable {
    let name: String
    var filename: String?
    var contentType: String?
    let content: [UInt8]
  }

  /// What each client was given to send; curl, requests and fetch write a quotation mark as `%22`.
  static let clients: [(String, [Expected])] = [
    (
      "curl.multipart",
      [
        .init(name: "image", filename: "cat.jpg", contentType: "image/jpeg", content: photo),
        .init(name: "image", filename: "dog %22x%22 \\ é.png", contentType: "image/png", content: second),
        .init(name: "image", filename: "empty", contentType: "application/octet-stream", content: []),
        .init(name: "note", content: note),
      ]
    ),
    (
      "requests.multipart",
      [
        .init(name: "note", content: note),
        .init(name: "image", filename: "cat.jpg", contentType: "image/jpeg", content: photo),
        .init(name: "image", filename: "dog %22x%22 \\ é.png", content: second),
        .init(name: "image", filename: "empty", content: []),
      ]
    ),
    (
      "fetch.multipart",
      [
        .init(name: "image", filename: "cat.jpg", contentType: "image/jpeg", content: photo),
        .init(
          name: "image", filename: "dog %22x%22 \\ é.png", contentType: "application/octet-stream",
          content: second),
        .init(name: "note", content: note),
      ]
    ),
    (
      "urllib3.multipart",
      [
        .init(name: "image", filename: "cat.jpg", contentType: "image/jpeg", content: photo),
        .init(name: "image", filename: "été.png", contentType: "image/png", content: second),
      ]
    ),
    (
      "urllib3-1.multipart",
      [
        .init(name: "image", filename: "cat.jpg", contentType: "image/jpeg", content: photo),
        .init(name: "image", filename: "été.png", contentType: "image/png", content: second),
      ]
    ),
  ]

  @Test(arguments: clients) func readsWhatClientsSend(file: String, expected: [Expected]) throws {
    let (type, body) = try multipartFixture(file)
    let form = try MultipartForm(contentType: type, body: body)
    #expect(form.parts.map(\.name) == expected.map(\.name))
    #expect(form.parts.map(\.filename) == expected.map(\.filename))
    #expect(form.parts.map(\.contentType) == expected.map(\.contentType))
    #expect(form.parts.map { Array($0.content) } == expected.map(\.content))
  }

  @Test func everyTruncationOfAClientsBodyIsAnError() throws {
    let (type, body) = try multipartFixture("curl.multipart")
    for count in 0..<body.count - 2 {
      #expect(throws: MultipartError.self) {
        try MultipartForm(contentType: type, body: Array(body[..<count]))
      }
    }
    // The last line's end is the client's courtesy.
    #expect(try MultipartForm(contentType: type, body: body.dropLast(2)).parts.count == 4)
  }

  @Test func skipsPreambleEpilogueAndPadding() throws {
    let text = "preamble\r\n--b \t\r\n\(plain)\r\n\r\nx\r\n--b-- \r\nepilogue\r\n--b\r\n"
    let parts = try form(text).parts
    #expect(parts.map(\.content.indices) == [59..<60] && parts[0].filename == nil)
    #expect(text.utf8.dropFirst(59).first == UInt8(ascii: "x"))
  }

  @Test func aFormMayBeEmpty() throws {
    #expect(try form("--b--\r\n").parts.isEmpty)
    #expect(try form(body(plain, "")).parts[0].content.isEmpty)
  }

  @Test(
    arguments: [
      ("name=a", "a", nil), ("NAME=\"a\"", "a", nil), ("name=\"a\\\"b\\\\c\\d\"", "a\"b\\c\\d", nil),
      ("name=\"a;b\" ; filename=\"C:\\x\\y.jpg\";", "a;b", "C:\\x\\y.jpg"),
      ("name=a; filename=plain; filename*=utf-8''%C3%A9", "a", "é"), ("name=\"\"; filename=\"\"", "", ""),
    ] as [(String, String, String?)])
  func readsParameters(text: String, name: String, filename: String?) throws {
    let part = try form(body("content-disposition:Form-Data;\(text)\r\nX-Other: 1")).parts[0]
    #expect(part.name == name && part.filename == filename)
  }

  @Test(arguments: [
    "name=\"a", "name=\"a\\\"", "name", "=a", "name=", "name=a b", "name=a; name=b", "name=\"a\"b",
    "name=é", "filename=a", "name*=latin1''a", "name*=utf-8''%0D%0A", "name*=utf-8''%FF", "name=\"a\tb\"",
  ])
  func refusesParameters(text: String) {
    #expect(throws: MultipartError.self) { try form(body("Content-Disposition: form-data; \(text)")) }
  }

  @Test(arguments: [
    "X-Other: 1", "Content-Disposition: attachment; name=a", "\(plain)\r\n\(plain)", "\(plain)\r\n folded",
    "\(plain)\r\nContent-Transfer-Encoding: base64", "\(plain)\r\nno colon", "\(plain)\r\nName : x",
    "\(plain)\r\nX: \u{1B}[2J", "\(plain)\r\nX: a\rb", "\(plain)\r\nX: a\nb", "\(plain)\r\nX: a\0b",
  ])
  func refusesHeaders(header: String) {
    #expect(throws: MultipartError.self) { try form(body(header)) }
  }

  @Test func refusesBytesThatAreNoUTF8InHeaders() {
    let body =
      Array("--b\r\nContent-Disposition: form-data; name=\"".utf8) + [0xE9]
      + Array("\"\r\n\r\nx\r\n--b--\r\n".utf8)
    #expect(throws: MultipartError.self) {
      try MultipartForm(contentType: "multipart/form-data; boundary=b", body: body)
    }
  }

  @Test func refusesAmbiguousDelimiters() {
    #expect(throws: MultipartError.delimiterLine(offset: 3, found: "\"c\"")) { try form("--bc\r\n") }
    #expect(throws: MultipartError.delimiterLine(offset: 5, found: "\"x\"")) { try form("--b--x") }
    #expect(throws: MultipartError.delimiterLine(offset: 3, found: "the byte 0x0A")) { try form("--b\nx") }
    #expect(throws: MultipartError.noDelimiter) { try form("x\n--b--\r\n") }
    #expect(throws: MultipartError.truncated(part: 1)) { try form("--b") }
    #expect(throws: MultipartError.truncated(part: 1)) { try form("--b\r\n\(plain)\r\n\r\nx") }
    #expect(throws: MultipartError.self) { try form("--b\r\n--b--\r\n") }
    #expect(throws: MultipartError.self) { try form("--b\r\n\(plain)\r\n--b--\r\n") }
    #expect(throws: MultipartError.self) { try form("--b\r\n\(plain)\r\n\r\n--b--\r\n") }
  }

  @Test func holdsItsLimits() throws {
    let part = "--b\r\n\(plain)\r\n\r\nx\r\n"
    let limits = MultipartForm.Limits(partCount: 2, headerBytes: plain.utf8.count + 4)
    #expect(try form(part + part + "--b--", limits: limits).parts.count == 2)
    #expect(throws: MultipartError.tooManyParts(limit: 2)) {
      try form(part + part + part + "--b--", limits: limits)
    }
    let short = MultipartForm.Limits(headerBytes: plain.utf8.count + 3)
    #expect(throws: MultipartError.headerTooLong(part: 1, limit: short.headerBytes)) {
      try form(part + "--b--", limits: short)
    }
  }

  @Test(arguments: [
    "image/jpeg", "multipart/mixed; boundary=b", "multipart/form-data", "multipart/form-data; boundary=",
    "multipart/form-data; boundary=\"\"", "multipart/form-data; boundary=\"b \"",
    "multipart/form-data; boundary=b; boundary=b", "multipart/form-data; boundary=\"b\r\n\"",
    "multipart/form-data; boundary=b*", "multipart/form-data; boundary=\(String(repeating: "b", count: 71))",
    "multipart/form-data; boundary=é", "",
  ])
  func refusesContentTypes(type: String) {
    #expect(throws: MultipartError.self) { try form("--b--\r\n", type: type) }
  }

  @Test(arguments: [
    "Multipart/Form-Data;boundary=b", "multipart/form-data ; charset=utf-8; Boundary=\"b\" ;",
  ])
  func takesContentTypes(type: String) throws {
    #expect(try form("--b--\r\n", type: type).parts.isEmpty && MultipartForm.isAnnounced(by: type))
    let odd = "a'()+_,-./:=? b"
    #expect(try form("--\(odd)--", type: "multipart/form-data; boundary=\"\(odd)\"").parts.isEmpty)
    #expect(!MultipartForm.isAnnounced(by: "multipart/form-datas"))
  }

  @Test func errorsShowNoControlCharacters() {
    for text in ["\u{1B}[2J", "\u{202E}", "\r\nX: y", "\u{7F}\u{85}"] {
      let problem = #expect(throws: MultipartError.self) {
        try form("--b--", type: "multipart/form-data; boundary=\"\(text)\"")
      }
      let shown = problem.map { "\($0)" } ?? ""
      #expect(shown.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    }
  }

  /// In quadratic time it would not end.
  @Test func almostBoundariesCostLinearTime() throws {
    let boundary = String(repeating: "-", count: 70)
    let near = "\r\n--" + String(repeating: "-", count: 69)
    let filling = String(repeating: near, count: 4 << 20 / near.utf8.count)
    let text = "--\(boundary)\r\n\(plain)\r\n\r\n\(filling)x\r\n--\(boundary)--"
    #expect(try form(text, type: "multipart/form-data; boundary=\(boundary)").parts.count == 1)
  }
}
