import MicroHTTP
import Testing

@Suite struct AddressGroupTests {
  private func group(_ host: String) throws -> AddressGroup {
    try #require(SocketAddress(host: host, port: 1)).group
  }

  @Test func countsIPv4AddressesOneByOne() throws {
    #expect(try group("192.0.2.1") == group("192.0.2.1"))
    #expect(try group("192.0.2.1") != group("192.0.2.2"))
    #expect(try group("192.0.2.1") == group("::ffff:192.0.2.1"))
    #expect(try group("::ffff:192.0.2.1") != group("::ffff:192.0.2.2"))
  }

  @Test func countsIPv6ByNetwork() throws {
    #expect(try group("2001:db8:0:1::1") == group("2001:db8:0:1:ffff::2"))
    #expect(try group("2001:db8:0:1::1") != group("2001:db8:0:2::1"))
    #expect(try group("::1") != group("0.0.0.0"))
  }
}
