extension HTTPFields {
  /// - Throws: a refusal with status 400 for an HTTP/1.1 request without `Host`, for two of them, and for one
  ///   that is no host with perhaps a port (RFC 9112, section 3.2).
  func checkHost(version: String) throws(HTTPRefusal) {
    let hosts = values(of: "Host")
    guard hosts.count == 1 || hosts.isEmpty && version == "HTTP/1.0" else {
      throw .badRequest("a request must have one Host")
    }
    guard hosts.allSatisfy({ $0.utf8.allSatisfy(\.isHostByte) }) else {
      throw .badRequest("the Host is malformed")
    }
  }

  /// - Throws: a refusal with status 417 for any expectation other than `100-continue`. In HTTP/1.0 there are
  ///   none (RFC 9110, section 10.1.1).
  func checkExpectation(version: String) throws(HTTPRefusal) {
    guard version != "HTTP/1.0" else { return }
    guard values(of: "Expect").allSatisfy({ $0.equalsIgnoringASCIICase("100-continue") }) else {
      throw .expectationFailed
    }
  }

  /// Whether the connection may end with the answer by the client's wish.
  func asksToClose(version: String) -> Bool {
    version == "HTTP/1.0" || values(of: "Connection").contains { $0.lowercased().contains("close") }
  }
}

extension UInt8 {
  /// Whether the byte may stand in a host or a port: unreserved, a sub-delimiter, `%`, or one of `[]:`.
  fileprivate var isHostByte: Bool {
    switch self {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case 0x21, 0x24...0x2E, 0x3A, 0x3B, 0x3D, 0x5B, 0x5D, 0x5F, 0x7E: true
    default: false
    }
  }
}
