import MicroHTTP
import Testing

@Suite struct HTTPFieldsTests {
  @Test func looksUpWithoutRegardToCase() {
    var fields: HTTPFields = ["Accept": "a", "X-Tag": "1", "x-tag": "2"]
    #expect(fields["ACCEPT"] == "a" && fields["missing"] == nil)
    #expect(fields["x-TAG"] == "1" && fields.values(of: "X-TAG") == ["1", "2"])
    fields["X-TAG"] = "3"
    #expect(fields.values(of: "x-tag") == ["3"])
    fields["accept"] = nil
    #expect(fields.all == [HTTPField("X-TAG", "3")])
  }

  @Test func onlyASCIILettersFold() {
    #expect("Ab-9".equalsIgnoringASCIICase("aB-9"))
    #expect(!"a[".equalsIgnoringASCIICase("a{"))
    #expect(!"É".equalsIgnoringASCIICase("é"))
    #expect(!"a".equalsIgnoringASCIICase("ab"))
  }
}
