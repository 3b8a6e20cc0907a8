import HTTPService
import Inference
import Testing

@Suite struct APIKeysTests {
  private static let (first, second) = ("0123456789abcdef", "another-key-of-24-letters")

  @Test func keysAreReadLineByLine() throws {
    _ = try APIKeys("# ours\n\n\(Self.first)\r\n  \(Self.second)\n")
    for (text, error) in [
      ("", APIKeysError.none), ("# nothing\n", .none), ("\(Self.first)\nshort\n", .tooShort(line: 2)),
      ("0123456789 abcdef", .notPrintable(line: 1)), ("0123456789abcdefé", .notPrintable(line: 1)),
    ] {
      #expect(throws: error) { try APIKeys(text) }
    }
  }

  @Test func everyRouteButTheProbesWantsAKey() throws {
    let running = try RunningService()
    defer { running.stop() }
    let photo = try bytes("models/samples/cat.jpg")
    func status(_ headers: [String], _ method: String = "POST", _ target: String = "/classify") throws -> Int
    {
      try running.client().request(method, target, headers: headers, body: method == "POST" ? photo : [])
        .status
    }
    #expect(try status([]) == 200)
    running.service.use(try APIKeys("\(Self.first)\n\(Self.second)"))
    #expect(try status([]) == 401)
    #expect(try status(["Authorization: Bearer \(Self.first)"]) == 200)
    #expect(try status(["authorization: bearer \(Self.second)"]) == 200)
    #expect(try status(["X-API-Key: \(Self.second)"]) == 200)
    for wrong in [
      "Authorization: Bearer \(Self.first)x", "Authorization: Bearer \(Self.first.dropLast())",
      "Authorization: Bearer", "Authorization: Basic \(Self.first)",
      "X-API-Key: \(Self.first) \(Self.second)",
      "X-API-Key: \(Self.first)\(Self.first)",
    ] {
      #expect(try status([wrong]) == 401, "\(wrong)")
    }
    for target in ["/livez", "/readyz", "/health"] { #expect(try status([], "GET", target) == 200) }
    for target in ["/metrics", "/info"] { #expect(try status([], "GET", target) == 401) }
    let refused = try running.adminClient().request("POST", "/v1/reload")
    #expect(refused.status == 401 && refused.headers["www-authenticate"] == "Bearer")
    #expect(!refused.text.contains(Self.first))
    // Other keys from now on, as after a reload of the file.
    running.service.use(try APIKeys(Self.second))
    #expect(try status(["X-API-Key: \(Self.first)"]) == 401)
  }
}
