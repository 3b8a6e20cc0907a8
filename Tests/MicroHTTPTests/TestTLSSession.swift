import CGnuTLS

/// The client's end of a TLS connection over a blocking socket; it trusts every certificate.
final class TestTLSSession {
  private let session: gnutls_session_t
  private let credentials: gnutls_certificate_credentials_t

  /// Shakes hands with the server.
  init(descriptor: Int32, priorities: String = "NORMAL") throws {
    var madeSession: gnutls_session_t?
    var madeCredentials: gnutls_certificate_credentials_t?
    gnutls_init(&madeSession, GNUTLS_CLIENT.rawValue | GNUTLS_NO_SIGNAL.rawValue)
    gnutls_certificate_allocate_credentials(&madeCredentials)
    guard let madeSession, let madeCredentials else { throw TestClient.Failure(reason: "no TLS session") }
    session = madeSession
    credentials = madeCredentials
    gnutls_priority_set_direct(session, priorities, nil)
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, UnsafeMutableRawPointer(credentials))
    gnutls_transport_set_int2(session, descriptor, descriptor)
    let code = gnutls_handshake(session)
    guard code == 0 else { throw Self.failure("handshake", Int(code)) }
  }

  deinit {
    gnutls_deinit(session)
    gnutls_certificate_free_credentials(credentials)
  }

  /// The certificate that the server showed, in DER.
  var serverCertificate: [UInt8] {
    var count: UInt32 = 0
    return gnutls_certificate_get_peers(session, &count).map { TestCertificate.bytes($0.pointee) } ?? []
  }

  var isTLS13: Bool { gnutls_protocol_get_version(session) == GNUTLS_TLS1_3 }

  /// Tells the server that nothing more is sent.
  func sayGoodbye() {
    gnutls_bye(session, GNUTLS_SHUT_WR)
  }

  func send(_ bytes: UnsafeRawBufferPointer) throws -> Int {
    let count = gnutls_record_send(session, bytes.baseAddress, bytes.count)
    guard count > 0 else { throw Self.failure("send", count) }
    return count
  }

  /// - Returns: how many bytes were received; 0 when the server has closed the connection.
  func receive(_ buffer: inout [UInt8]) throws -> Int {
    while true {
      let count = gnutls_record_recv(session, &buffer, buffer.count)
      if count == Int(GNUTLS_E_PREMATURE_TERMINATION) { return 0 }
      if count >= 0 { return count }
      // A session ticket, say, is no data.
      guard count == Int(GNUTLS_E_INTERRUPTED) else { throw Self.failure("recv", count) }
    }
  }

  private static func failure(_ step: String, _ code: Int) -> TestClient.Failure {
    TestClient.Failure(reason: "TLS \(step): \(String(cString: gnutls_strerror(Int32(code))))")
  }
}
