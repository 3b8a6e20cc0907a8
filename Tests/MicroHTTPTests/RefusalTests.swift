import Glibc
import MicroHTTP
import Testing

@Suite struct RefusalTests {
  @Test func tooLargeContentLengthIsRefusedBeforeTheBody() throws {
    let server = try HTTPServer(configuration: .make(bodyLimit: 1000), handler: describe)
    for length in ["1001", "10000000000", "18446744073709551615"] {
      let client = try TestClient(port: server.port)
      try client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(length)\r\n\r\n")
      let response = try client.readResponse()
      #expect(response.status == 413 && response.text == "refused: payload_too_large", "\(length)")
      #expect(client.isClosedByServer())
    }
    let largest = [UInt8](repeating: 1, count: 1000)
    #expect(try TestClient(port: server.port).request("POST", "/", body: largest).text == "POST /\n1000 1000")
  }

  @Test func expectContinueWithTooLargeLengthGetsNoContinue() throws {
    let server = try HTTPServer(configuration: .make(bodyLimit: 1000), handler: describe)
    let client = try TestClient(port: server.port)
    try client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\nExpect: 100-continue\r\n\r\n")
    var first = [UInt8](repeating: 0, count: 12)
    #expect(recv(client.descriptor, &first, 12, 0) == 12)
    #expect(String(decoding: first, as: UTF8.self) == "HTTP/1.1 413")
  }

  @Test func expectContinueWithinTheLimitIsAnswered() throws {
    let server = try HTTPServer(configuration: .make(), handler: describe)
    let client = try TestClient(port: server.port)
    try client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n")
    var first = [UInt8](repeating: 0, count: 25)
    #expect(recv(client.descriptor, &first, 25, 0) == 25)
    #expect(String(decoding: first, as: UTF8.self) == "HTTP/1.1 100 Continue\r\n\r\n")
    try client.send("!")
    #expect(try client.readResponse().text == "POST /\n1 33")
  }

  @Test func chunkedBodyThatGrowsTooLarge() throws {
    let server = try HTTPServer(configuration: .make(bodyLimit: 1000), handler: describe)
    let client = try TestClient(port: server.port)
    try client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in 0..<11 { try client.send("64\r\n\(String(repeating: "a", count: 100))\r\n") }
    try client.send("0\r\n\r\n")
    let response = try client.readResponse()
    #expect(response.status == 413 && response.text == "refused: payload_too_large")
    #expect(try client.request("GET", "/next").status == 200)
  }

  @Test func chunkedBodyWithoutEndIsCutOff() throws {
    let server = try HTTPServer(configuration: .make(bodyLimit: 1000), handler: describe)
    let client = try TestClient(port: server.port)
    try client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    let chunk = "10000\r\n\(String(repeating: "a", count: 65_536))\r\n"
    var sentCount = 0
    while sentCount < 200, (try? client.send(chunk)) != nil { sentCount += 1 }
    #expect(sentCount < 200)
    #expect(try client.readResponse().status == 413)
    #expect(eventually { server.connectionCount == 0 })
  }

  @Test(arguments: [
    "Content-Length: 4\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked\r\nContent-Length: 4",
    "Content-Length: 4\r\nContent-Length: 4",
    "Content-Length: 4\r\nContent-Length: 5",
    "Content-Length: 4, 4",
    "Content-Length: +4",
    "Content-Length: -1",
    "Content-Length: 0x4",
    "Content-Length:",
    "Transfer-Encoding: identity",
    "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    "Transfer-Encoding:\u{0B}chunked",
    "Transfer-Encoding : chunked",
    "X: a\rTransfer-Encoding: chunked",
    "Content-Length\u{01}: 4",
  ])
  func ambiguousLengthsAreRefused(_ fields: String) throws {
    let server = try HTTPServer(configuration: .make(), handler: describe)
    let client = try TestClient(port: server.port)
    try client.send("POST / HTTP/1.1\r\nHost: x\r\n\(fields)\r\n\r\n")
    #expect(try client.readResponse().status == 400)
    #expect(client.isClosedByServer())
  }

  @Test func chunkedInHTTP10IsRefused() throws {
    let server = try HTTPServer(configuration: .make(), handler: describe)
    let client = try TestClient(port: server.port)
    try client.send("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    #expect(try client.readResponse().status == 400)
  }

  @Test(arguments: ["/%", "/%4", "/%zz", "/%00", "/%ff", "/?q=%f", "/a b", "nothing", "x:y"])
  func malformedTargetsAreRefused(_ target: String) throws {
    let server = try HTTPServer(configuration: .make(), handler: describe)
    let response = try TestClient(port: server.port).request("GET", target)
    #expect(response.status == 400 && response.text == "refused: bad_request")
  }
}
