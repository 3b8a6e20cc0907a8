import Testing

import HTTPService

@Suite struct EscapingTests {
  @Test(arguments: [
    ("cat", "'cat'"), ("a'\"\\", #"'a\'\"\\'"#), ("\r\n\u{1B}[2J", #"'\r\n\u{1B}[2J'"#),
    ("é\u{202E}", #"'\u{00E9}\u{202E}'"#),
    (String(repeating: "x", count: 60), "'\(String(repeating: "x", count: 60))'"),
    (String(repeating: "\0", count: 61), "'\(String(repeating: "\\0", count: 60))...'"),
  ])
  func showsAnyTextAsPrintableASCII(text: String, shown: String) {
    #expect(escaped(text) == shown)
  }

  @Test func namesAnyByte() {
    #expect(described(nil) == "the end" && described(0x41) == "\"A\"" && described(0x0A) == "the byte 0x0A")
    #expect((UInt8.min ... .max).allSatisfy { described($0).utf8.allSatisfy { (0x20...0x7E).contains($0) } })
  }
}
