import LoadGenerator
import Testing

@Suite struct LoadTargetTests {
  @Test func aURLNamesHostAndPort() throws {
    let named = try LoadTarget(url: "http://models.example", path: "/classify?top_k=1")
    #expect(named.host == "models.example" && named.port == 80 && named.authority == "models.example:80")
    let numbered = try LoadTarget(url: "http://[::1]:8080/", path: "/")
    #expect(numbered.host == "::1" && numbered.authority == "[::1]:8080")
  }

  @Test(arguments: [
    "", "127.0.0.1:8080", "https://a", "ftp://a", "http://", "http://a:0", "http://a:70000",
    "http://a/classify",
    "http://a?b", "http://user@a", "http://a b", "http://a\r\nX: y",
  ])
  func otherURLsAreRefused(url: String) {
    #expect(throws: LoadError.invalidURL(url)) { try LoadTarget(url: url, path: "/") }
  }

  @Test(arguments: ["", "classify", "/a b", "/a\r\nX: y", "/ä"]) func otherPathsAreRefused(path: String) {
    #expect(throws: LoadError.invalidPath(path)) { try LoadTarget(url: "http://a", path: path) }
  }

  @Test func headersComeAfterTheOwnOnes() throws {
    let target = try LoadTarget(
      url: "http://a:81", path: "/c", headers: ["Authorization: Bearer k", "x-empty:"])
    #expect(
      target.head(contentType: "image/png", contentLength: 5) == """
        POST /c HTTP/1.1\r
        Host: a:81\r
        Content-Type: image/png\r
        Content-Length: 5\r
        Authorization: Bearer k\r
        x-empty:\r
        \r

        """)
  }

  @Test(arguments: [
    "no colon", ": value", "a b: c", "content-length: 3", "Host: b", "X: a\r\nY: b", "X: \u{7F}",
  ])
  func otherHeadersAreRefused(header: String) throws {
    let error = try #require(throws: LoadError.self) {
      try LoadTarget(url: "http://a", path: "/", headers: [header])
    }
    #expect(error.description.hasPrefix("expected 'name: value'"))
  }
}
