import Foundation
import HTTPService
import Testing

private func reader(_ text: String) -> JSONReader {
  let bytes = Array(text.utf8)
  return JSONReader(bytes, count: bytes.count)
}

private func skip(_ bytes: [UInt8]) throws(InferRequestError) {
  var reader = JSONReader(bytes, count: bytes.count)
  reader.skipWhitespace()
  try reader.skip()
  try reader.expectEnd()
}

@Suite struct JSONReaderTests {
  /// The C library reads the same text.
  private func expectNearest(_ text: String) throws {
    var reader = reader(text)
    let value = try reader.float()
    #expect(value.bitPattern == strtof(text, nil).bitPattern, "\(text)")
  }

  @Test func numbersAreTheNearestFloats() throws {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      let value = Float(bitPattern: UInt32.random(in: 0..<0x7F80_0000, using: &generator))
      try expectNearest("\(value)")
      try expectNearest("-\(Double(value))")
      // Halfway to the next one, and beside it.
      let half = (Double(value) + Double(value.nextUp)) / 2
      if half.isFinite, half < 3.4e38 {
        for text in ["\(half)", "\(half.nextUp)", "\(half.nextDown)"] { try expectNearest(text) }
      }
      let digits = UInt64.random(in: 0 ... .max, using: &generator)
      try expectNearest("\(digits)e\(Int.random(in: -60...18, using: &generator))")
      try expectNearest("0.\(digits)\(digits)")
      try expectNearest("\(digits % 1000)e-\(Int.random(in: 35...48, using: &generator))")
    }
  }

  @Test(arguments: [
    "0", "-0", "0.0", "-0.0e5", "0e999999999999999999999", "1e-999999999999999999999", "16777217", "16777219",
    "1.00000005960464477539062500000000000000000000000000000000000000001", "1.17549435e-38", "1.4e-45",
    "7e-46",
    "3.4028235e38", "3.40282356e38", "9007199254740993", "18446744073709551616",
    "0.000000000000000000000000000001",
    "1000000000000000000000000000000", "8.5899345920000005e9", "33554435e0",
  ])
  func awkwardNumbersAreTheNearestFloats(text: String) throws { try expectNearest(text) }

  @Test func longZerosDontHideAnExponent() throws {
    let text = "0." + String(repeating: "0", count: 1_200_000) + "1e"
    var small = reader(text + "1200001")
    #expect(try small.float() == 1)
    var large = reader(text + "2000000")
    #expect(throws: InferRequestError.self) { try large.float() }
  }

  @Test(arguments: [
    "{}", "[]", " [ ] ", "\"\"", "0", "-1.5e+3", "true", "false", "null",
    #"{"a":{"a":[1,{}]},"b":"\u0000\n\\"}"#, #"{"a":1,"a":2}"#, #""\ud83d\uDE00""#,
    "[1, \"é\u{7F}\" ]",
  ])
  func takesJSON(text: String) throws { try skip(Array(text.utf8)) }

  @Test(arguments: [
    "", " ", "{", "[", "\"", "\"\\\"", "{]", "[}", "[1,]", "[,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
    "{a:1}",
    "{'a':1}", "{1:1}", "tru", "True", "nul", "nan", "-", "01", "1.", ".1", "1e", "1e+", "+1", "0x1", "1 2",
    "[1 2]",
    "\"\u{1}\"", "\"\n\"", #""\x""#, #""\u12""#, #""\ud800""#, #""\udc00""#, #""\ud800\ud800""#,
    #""\ud83dx""#, #""\ud83d\n""#, #""\u12g4""#, #""\""#, #""\u"#,
    "//", "\u{FEFF}1",
    "[1]]",
  ])
  func refusesOtherText(text: String) {
    #expect(throws: InferRequestError.self) { try skip(Array(text.utf8)) }
  }

  @Test(
    arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xC3], [0xF4, 0x90, 0x80, 0x80]] as [[UInt8]])
  func refusesWhatIsNotUTF8(bytes: [UInt8]) {
    #expect(throws: InferRequestError.self) { try skip([0x22] + bytes + [0x22]) }
    #expect(throws: InferRequestError.self) { try skip([0x22, 0x5C] + bytes + [0x22]) }
  }

  /// The library's decoder reads the same text.
  @Test(arguments: [
    "", "plain é \u{1F600}", #"\"\\\/\b\f\n\r\t"#, #"\u0000\u00e9\u00E9\uFFFF"#,
    #"a\ud83d\ude00b\uD83D\uDE00"#,
    #"\ud800\udc00\udbff\udfff"#, #"\\u0041"#, #"é\té"#,
  ])
  func stringsAreWhatTheirEscapesSay(content: String) throws {
    var reader = reader("\"\(content)\"")
    let text = try reader.string()
    #expect(try text == JSONDecoder().decode(String.self, from: Data("\"\(content)\"".utf8)))
  }

  /// A body as large as a server takes: were each byte dear, or dearer the more there are, it would not end.
  @Test(arguments: [
    #"\u0041"#, #"\n"#, #"\ud83d\ude00"#, "é", "x",
  ])
  func longStringsAreSkippedAndTaken(piece: String) throws {
    let text = String(repeating: piece, count: (4 << 20) / piece.utf8.count)
    try skip(Array("{\"\(text)\":[\"\(text)\"]}".utf8))
    var reader = reader("\"\(text)\"")
    #expect(try reader.string().utf8.count <= text.utf8.count)
  }

  @Test(arguments: ["[", "{\"a\":", "[{\"\":"])
  func deepNestingIsAnError(level: String) {
    #expect(throws: InferRequestError.self) { try skip(Array(String(repeating: level, count: 100_000).utf8)) }
    #expect(throws: InferRequestError.self) {
      let data = String(repeating: "[", count: 100_000)
      return try InferRequest.decode(body: Array("{\"inputs\":[{\"data\":\(data)".utf8))
    }
  }
}
