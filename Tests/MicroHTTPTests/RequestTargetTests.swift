import MicroHTTP
import Testing

@Suite struct RequestTargetTests {
  @Test(arguments: [
    ("/", "/"), ("/a/b", "/a/b"), ("/%2e%2E/%41", "/../A"), ("//x", "//x"), ("/a+b", "/a+b"), ("*", "*"),
    ("http://host:80/x", "/x"), ("https://host", "/"), ("http://host?x=1", "/"), ("/é", "/é"),
    ("/%e2%82%ac", "/€"),
  ])
  func decodesPaths(_ raw: String, _ path: String) throws {
    #expect(try RequestTarget(Array(raw.utf8)).path == path)
  }

  @Test func decodesQueries() throws {
    let query = try RequestTarget(Array("/?a=1&&b=%3D%26&a=2&c&=d&e=f=g&h=%2B+".utf8)).query
    #expect(
      query.items == [
        HTTPField("a", "1"), HTTPField("b", "=&"), HTTPField("a", "2"), HTTPField("c", ""),
        HTTPField("", "d"), HTTPField("e", "f=g"), HTTPField("h", "+ "),
      ])
    #expect(query["a"] == "1" && query["A"] == nil)
    #expect(query.values(of: "a") == ["1", "2"])
    #expect(try RequestTarget(Array("/?".utf8)).query.items.isEmpty)
  }

  @Test(arguments: [
    "", "a", "?x", "/%", "/%1", "/%g0", "/%00", "/a\u{7F}", "/a\tb", "/%c3%28", "/?%ff=1", "**",
  ])
  func refusesTheRest(_ raw: String) {
    let error = #expect(throws: HTTPRefusal.self) { try RequestTarget(Array(raw.utf8)) }
    #expect(error?.status == 400)
  }

  @Test func refusesBytesThatAreNotUTF8() {
    #expect(throws: HTTPRefusal.self) { try RequestTarget([0x2F, 0xC3, 0x28]) }
  }
}
