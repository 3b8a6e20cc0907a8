import CMicroHTTPD
import Glibc

/// An IPv4 or IPv6 address with a port.
package struct SocketAddress {
  private var storage = sockaddr_storage()
  private var length = socklen_t(MemoryLayout<sockaddr_storage>.size)

  /// An address to be filled in by `update`.
  init() {}

  /// The numeric address `host`; nil when it is none.
  package init?(host: String, port: UInt16) {
    var v4 = sockaddr_in()
    var v6 = sockaddr_in6()
    if inet_pton(AF_INET, host, &v4.sin_addr) == 1 {
      v4.sin_family = sa_family_t(AF_INET)
      v4.sin_port = port.bigEndian
      store(v4)
    } else if inet_pton(AF_INET6, host, &v6.sin6_addr) == 1 {
      v6.sin6_family = sa_family_t(AF_INET6)
      v6.sin6_port = port.bigEndian
      store(v6)
    } else {
      return nil
    }
  }

  private mutating func store<Address>(_ address: Address) {
    withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: address, as: Address.self) }
    length = socklen_t(MemoryLayout<Address>.size)
  }

  private func load<Address>(_: Address.Type) -> Address {
    withUnsafeBytes(of: storage) { $0.load(as: Address.self) }
  }

  var family: Int32 { Int32(storage.ss_family) }

  var port: UInt16 {
    UInt16(
      bigEndian: family == AF_INET6 ? load(sockaddr_in6.self).sin6_port : load(sockaddr_in.self).sin_port)
  }

  /// The numeric address without the port; an IPv4 address that came through an IPv6 socket is written as
  /// IPv4.
  var host: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    var v4 = load(sockaddr_in.self).sin_addr
    var v6 = load(sockaddr_in6.self).sin6_addr
    let result =
      family == AF_INET6
      ? inet_ntop(AF_INET6, &v6, &text, socklen_t(text.count))
      : inet_ntop(AF_INET, &v4, &text, socklen_t(text.count))
    guard result != nil else { return "unknown" }
    let host = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let mapped = "::ffff:"
    return host.hasPrefix(mapped) && host.contains(".") ? String(host.dropFirst(mapped.count)) : host
  }

  /// Whose connections this one is counted with.
  package var group: AddressGroup {
    family == AF_INET6
      ? AddressGroup(load(sockaddr_in6.self).sin6_addr) : AddressGroup(load(sockaddr_in.self).sin_addr)
  }

  func withSocketAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    withUnsafePointer(to: storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
    }
  }

  /// Lets a system call fill the address in.
  mutating func update<Result>(_ body: (UnsafeMutablePointer<sockaddr>, inout socklen_t) -> Result) -> Result
  {
    var newLength = socklen_t(MemoryLayout<sockaddr_storage>.size)
    defer { length = newLength }
    return withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &newLength) }
    }
  }
}
