import Glibc

/// Whose connections are counted together: an IPv4 address, or the 64 bits that one IPv6 network begins with,
/// in which a client has as many addresses as it likes.
package struct AddressGroup: Hashable, Sendable {
  private let isIPv4: Bool
  /// The address or the network, in the order of the wire.
  private let bits: UInt64

  init(_ address: in_addr) {
    isIPv4 = true
    bits = UInt64(address.s_addr)
  }

  init(_ address: in6_addr) {
    let (high, middle, low) = withUnsafeBytes(of: address) { bytes in
      (
        bytes.loadUnaligned(as: UInt64.self),
        bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self),
        bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self)
      )
    }
    // ::ffff:a.b.c.d, an IPv4 address that came through an IPv6 socket.
    isIPv4 = high == 0 && middle == UInt32(0xFFFF).bigEndian
    bits = isIPv4 ? UInt64(low) : high
  }
}
