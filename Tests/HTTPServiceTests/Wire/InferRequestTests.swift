import HTTPService
import Testing

private let photo = [0xFF, 0xD8, 0xFF, 0xE0] + Array(" first\0".utf8)
private let allBytes = [UInt8](0...255)

private func request(_ json: String) throws(InferRequestError) -> InferRequest {
  try .decode(body: Array(json.utf8))
}

/// One input and nothing else.
private func input(_ fields: String) -> String { #"{"inputs":[{\#(fields)}]}"# }

private let image = #""name":"image","datatype":"BYTES""#
private let pixels = #""name":"pixels","datatype":"FP32""#

@Suite struct InferRequestTests {
  @Test(arguments: ["image_binary.infer", "image_column_binary.infer", "image_json.infer"])
  func readsImages(file: String) throws {
    let (body, headerLength) = try inferFixture(file)
    let request = try InferRequest.decode(body: body, headerLength: headerLength)
    guard case .images(let images) = request.input else {
      Issue.record("no images")
      return
    }
    #expect(images.map(Array.init) == [photo, allBytes])
    #expect(request.input.imageCount == 2)
  }

  @Test(arguments: ["pixels_binary.infer", "pixels_json.infer", "pixels_nested.infer"])
  func readsPixels(file: String) throws {
    let (body, headerLength) = try inferFixture(file)
    let expected = try fixture("pixels.f32")
    let request = try InferRequest.decode(body: body, headerLength: headerLength)
    guard case .pixels(let shape, let values) = request.input else {
      Issue.record("no pixels")
      return
    }
    #expect(shape.dimensions == [2, 3, 2, 2] && request.input.imageCount == 2)
    #expect(
      values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } } == expected
    )
  }

  @Test func readsWhatIsAskedFor() throws {
    let all = try inferFixture("image_binary.infer")
    let first = try InferRequest.decode(body: all.body, headerLength: all.headerLength)
    #expect(first.id == "42")
    #expect(
      first.outputs == [
        .init(.logits, isBinary: true), .init(.probabilities, isBinary: true),
        .init(.features, isBinary: true),
      ])
    let two = try inferFixture("image_column_binary.infer")
    let second = try InferRequest.decode(body: two.body, headerLength: two.headerLength)
    #expect(second.id == nil)
    #expect(second.outputs == [.init(.logits, classification: 3), .init(.features, isBinary: true)])
    let third = try InferRequest.decode(body: try inferFixture("image_json.infer").body)
    #expect(third.id == "é \"q\"" && third.outputs == [.init(.probabilities)])
    let fourth = try InferRequest.decode(body: try inferFixture("pixels_nested.infer").body)
    #expect(fourth.outputs == InferRequest.Output.allCases.map { .init($0) })
  }

  @Test func everyTruncationIsAnError() throws {
    for file in ["image_binary.infer", "image_json.infer", "pixels_binary.infer", "pixels_json.infer"] {
      let (body, headerLength) = try inferFixture(file)
      for count in 0..<body.count {
        #expect(throws: InferRequestError.self) {
          try InferRequest.decode(body: Array(body[..<count]), headerLength: headerLength)
        }
      }
    }
  }

  @Test func unknownFieldsAndNullsAreIgnored() throws {
    let json = #"""
      { "x" : {"y":[1,-2.5e3,"\ud83d\ude00",true,false,null,{}]}, "id":null, "parameters":null, "outputs":null,
        "inputs":[{"data":[["\/9j\u002F"],["AA=="]], "shape":[2,1], "z":[], "parameters":{"content_type":"base64"},
        \#(image)}] }
      """#
    let request = try request(json)
    #expect(request.input == .images([[0xFF, 0xD8, 0xFF], [0]]))
    #expect(request.outputs.count == 3 && request.id == nil)
  }

  /// Keys count where somebody asks for them; what is skipped has none.
  @Test func onlyKnownFieldsMustBeThereOnce() throws {
    let sound = input(#"\#(image),"shape":[1],"data":["AA=="]"#).dropLast()
    #expect(throws: Never.self) { try request(sound + #","x":1,"x":{"a":1,"a":2}}"#) }
    #expect(throws: Never.self) { try request(sound + #","\u0069d":"i"}"#) }
    let keys = (0...2000).map { "\"\($0)\":0" }.joined(separator: ",")
    #expect(throws: Never.self) { try request(sound + ",\(keys)}") }
    for fields in [
      #""id":"a","id":"a""#, #""id":"a","\u0069\u0064":"a""#, #""id":null,"id":"a""#,
      #""outputs":[],"outputs":[]"#,
      #""parameters":{"binary_data_output":true,"binary_data_output":true}"#,
      #""outputs":[{"name":"logits","name":"logits"}]"#,
      #""outputs":[{"name":"logits","parameters":{"classification":1,"classification":1}}]"#,
    ] {
      #expect(throws: InferRequestError.self, "\(fields)") { try request(sound + ",\(fields)}") }
    }
  }

  @Test func everyFiniteNumberIsTaken() throws {
    let numbers = ["3e38", "-3.4028235e38", "1e-45", "1e-999", "-0.0", "1.17549435e-38"]
    let request = try request(
      input(#"\#(pixels),"shape":[2,3,1,1],"data":[\#(numbers.joined(separator: ","))]"#))
    guard case .pixels(_, let values) = request.input else {
      Issue.record("no pixels")
      return
    }
    #expect(values == [3e38, -.greatestFiniteMagnitude, .leastNonzeroMagnitude, 0, 0, .leastNormalMagnitude])
  }

  @Test(
    "Shapes that are refused",
    arguments: [
      "[]", "[0]", "[-1]", "[2]", "[1,2]", "[1,1,1]", "[9223372036854775807]", "[9223372036854775808]",
      "[1e0]", "[1.0]", "[1,1,1,1,1,1,1,1,1]", "1", "null", "[true]", "[\"1\"]", "[[1]]", "[1,]", "[01]",
    ])
  func shapes(shape: String) {
    #expect(throws: InferRequestError.self) {
      try request(input(#"\#(image),"shape":\#(shape),"data":["AA=="]"#))
    }
  }

  @Test(arguments: [
    "[1,3,1]", "[1,1,1,3]", "[1,3,0,1]", "[1,3,-1,-1]", "[1,3,1,2]", "[0,3,1,1]",
    "[1,3,4294967296,4294967296]",
    "[1000,3,1000000000,1000000]", "[1001,3,1,1]",
  ])
  func pixelShapes(shape: String) {
    #expect(throws: InferRequestError.self) {
      try request(input(#"\#(pixels),"shape":\#(shape),"data":[1,2,3]"#))
    }
  }

  @Test(arguments: [
    "[NaN,1,2]", "[1e999,1,2]", "[-1e39,1,2]", "[1,2]", "[1,2,3,4]", "[[1,2],[3]]", "[1,[2],3]", "[[1],2,3]",
    "[1,2,\"3\"]", "[\"AA==\",\"AA==\",\"AA==\"]", "[+1,2,3]", "[.5,2,3]", "[1.,2,3]", "[0x1,2,3]",
    "[1,2,3,]",
    "[,1,2,3]", "[1 2 3]", "[1,2,3", "[1,2,null]", "1", "{}", "[-,1,2]", "[1e,1,2]", "[00,1,2]",
    "[Infinity,1,2]",
    "[[1],[2],[3]]", "[[[1],[2],[3]]]", "[]", "[[[[]]]]", "[[],1,2]", "null",
  ])
  func numbersThatAreRefused(data: String) {
    #expect(throws: InferRequestError.self) {
      try request(input(#"\#(pixels),"shape":[1,3,1,1],"data":\#(data)"#))
    }
  }

  @Test(arguments: ["[1,2,3]", "[[[[1]],[[2]],[[3]]]]", " [ 1 , 2\n,3\t] ", "[1.0,2e0,30E-1]"])
  func numbersThatAreTaken(data: String) throws {
    let request = try request(input(#""data":\#(data),"shape":[1,3,1,1],\#(pixels)"#))
    #expect(request.input == .pixels(shape: try #require(TensorShape([1, 3, 1, 1])), values: [1, 2, 3]))
  }

  @Test(arguments: [
    "", "[]", "null", "{", "{}", "{\"inputs\":[]}", "{\"inputs\":null}", "{\"inputs\":{}}",
    "{\"inputs\":[1]}",
    "{\"inputs\":[{}]}", input(image), input(#"\#(image),"shape":[1]"#),
    input(#"\#(image),"shape":[1],"data":["not base64!"]"#),
    input(#"\#(image),"shape":[1],"data":["AA==\\x"]"#),
    input(#"\#(image),"shape":[1],"data":[1]"#), input(#"\#(image),"shape":[1],"data":["\ud800"]"#),
    input(#"\#(image),"shape":[1],"data":["AA=="]"#) + "x",
    input(#"\#(image),"shape":[1],"data":["AA=="],"parameters":{"binary_data_size":4}"#),
    input(#"\#(image),"shape":[1],"parameters":{"binary_data_size":0}"#),
    input(#"\#(image),"shape":[1],"parameters":{"shared_memory_region":"r"}"#),
    input(#""name":"picture","datatype":"BYTES","shape":[1],"data":["AA=="]"#),
    input(#""name":"image","datatype":"FP32","shape":[1],"data":["AA=="]"#),
    input(#"\#(image),"shape":[1],"shape":[1],"data":["AA=="]"#),
    input(#"\#(image),"shape":[1],"data":["AA=="]},{\#(image),"shape":[1],"data":["AA=="]"#),
    input(#"\#(image),"shape":[1],"data":["AA=="]},{\#(pixels),"shape":[1,3,1,1],"data":[1,2,3]"#),
    "\u{FEFF}" + input(#"\#(image),"shape":[1],"data":["AA=="]"#),
  ])
  func requestsThatAreRefused(json: String) {
    #expect(throws: InferRequestError.self) { try request(json) }
  }

  @Test(arguments: [
    #"[{"name":"labels"}]"#, #"[{}]"#, #"[{"name":"logits"},{"name":"logits"}]"#, #"["logits"]"#, "{}",
    #"[{"name":"logits","parameters":{"classification":0}}]"#,
    #"[{"name":"logits","parameters":{"classification":-1}}]"#,
    #"[{"name":"logits","parameters":{"classification":1.5}}]"#,
    #"[{"name":"logits","parameters":{"classification":9223372036854775808}}]"#,
    #"[{"name":"features","parameters":{"classification":1}}]"#,
    #"[{"name":"logits","parameters":{"binary_data":1}}]"#,
  ])
  func outputsThatAreRefused(outputs: String) throws {
    let fields = #"{"inputs":[{\#(image),"shape":[1],"data":["AA=="]}],"outputs":"#
    #expect(throws: Never.self) { try request(fields + "[]}") }
    #expect(throws: InferRequestError.self) { try request(fields + outputs + "}") }
  }

  @Test func binarySizesMustAddUp() throws {
    func decode(
      _ fields: String, _ data: [UInt8], headerLength: (Int) -> String? = { "\($0)" }
    ) throws(InferRequestError) -> InferRequest {
      let json = Array(input(fields).utf8)
      return try .decode(body: json + data, headerLength: headerLength(json.count))
    }
    func image(_ n: Int, _ size: Int) -> String {
      #"\#(HTTPServiceTests.image),"shape":[\#(n)],"parameters":{"binary_data_size":\#(size)}"#
    }
    let one: [UInt8] = [1, 0, 0, 0, 9]
    #expect(try decode(image(1, 5), one).input.imageCount == 1)
    #expect(try decode(image(2, 10), one + one).input.imageCount == 2)
    #expect(try decode(image(1, 4), [0, 0, 0, 0]).input.imageCount == 1)
    for (n, size, data) in [
      (1, 4, one), (1, 6, one), (2, 5, one), (1, 10, one + one), (1, 0, []), (1, -1, one),
      (1, 5, [2, 0, 0, 0, 9]), (1, 5, [0xFF, 0xFF, 0xFF, 0xFF, 9]), (1, 3, [0, 0, 0]),
      (1, 5, [0, 0, 0, 0, 9]),
      (1000, 4, [0, 0, 0, 0]),
    ] {
      #expect(throws: InferRequestError.self) { try decode(image(n, size), data) }
    }
    for length in ["-1", "0", "10", "10000", "\(Int.max)", "\(Int.min)", "9223372036854775808", "", "x"] {
      #expect(throws: InferRequestError.self) { try decode(image(1, 5), one) { _ in length } }
    }
    // Digits alone: what Int reads too, and what a proxy might read otherwise.
    for form: (Int) -> String in [
      { "+\($0)" }, { " \($0)" }, { "\($0) " }, { "\($0).0" }, { "0x\(String($0, radix: 16))" },
    ] {
      #expect(throws: InferRequestError.self) { try decode(image(1, 5), one, headerLength: form) }
    }
    #expect(try decode(image(1, 5), one) { "00\($0)" }.input.imageCount == 1)
    #expect(throws: InferRequestError.self) { try decode(image(1, 5), one) { _ in nil } }
    let pixels = #"\#(pixels),"shape":[1,3,1,1],"parameters":{"binary_data_size":12}"#
    #expect(try decode(pixels, [UInt8](repeating: 0, count: 12)).input.imageCount == 1)
    for notFinite: [UInt8] in [[0, 0, 0x80, 0x7F], [0, 0, 0x80, 0xFF], [1, 0, 0xC0, 0x7F]] {
      #expect(throws: InferRequestError.self) {
        try decode(pixels, notFinite + [UInt8](repeating: 0, count: 8))
      }
    }
    #expect(throws: InferRequestError.self) { try decode(pixels, [UInt8](repeating: 0, count: 11)) }
  }

  @Test func limitsHold() {
    let many = [String](repeating: "\"\"", count: 1001).joined(separator: ",")
    #expect(throws: InferRequestError.self) {
      try request(input(#"\#(image),"shape":[1001],"data":[\#(many)]"#))
    }
  }

  @Test func errorsSayWhereAndShowNoControlCharacters() {
    #expect(throws: InferRequestError.json(offset: 1, expected: "a string", found: "the byte 0x1B")) {
      try request("{\u{1B}")
    }
    #expect(
      throws: InferRequestError.field(
        "inputs[0].name", expected: "'image' or 'pixels'", found: #"'\u{1B}[2J'"#)
    ) {
      try request(input(#""name":"\u001b[2J""#))
    }
    let problem = InferRequestError.field("inputs[0].name", expected: "'image' or 'pixels'", found: "none")
    #expect("\(problem)" == "inputs[0].name: expected 'image' or 'pixels', found none")
  }
}
