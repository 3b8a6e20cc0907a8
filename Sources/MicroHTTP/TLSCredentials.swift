import CGnuTLS

/// A certificate chain and its key, parsed. Every connection keeps the ones it began with.
final class TLSCredentials: @unchecked Sendable {
  // Sendable because credentials are only read once they are made, which GnuTLS allows to many threads.
  private let pointer: gnutls_certificate_credentials_t

  /// TLS 1.3 and 1.2, ephemeral elliptic-curve keys, authenticated ciphers.
  static let priorities =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-MAC-ALL:+AEAD"

  /// - Throws: `HTTPServerError.invalidCertificate`.
  init(_ tls: HTTPServer.TLS) throws(HTTPServerError) {
    if let fault = Self.fault(inKey: tls.privateKey) {
      throw .invalidCertificate("expected an unencrypted private key in PEM, but it cannot be read: \(fault)")
    }
    var made: gnutls_certificate_credentials_t?
    guard gnutls_certificate_allocate_credentials(&made) == 0, let made else {
      throw .invalidCertificate("out of memory")
    }
    pointer = made
    let code = tls.certificateChain.withDatum { chain in
      tls.privateKey.withDatum { key in
        gnutls_certificate_set_x509_key_mem2(made, chain, key, GNUTLS_X509_FMT_PEM, nil, 0)
      }
    }
    guard code < 0 else { return }
    throw .invalidCertificate(
      code == GNUTLS_E_CERTIFICATE_KEY_MISMATCH
        ? "the private key does not belong to the certificate, which must be the chain's first"
        : "expected a certificate chain in PEM, but it cannot be read: \(describe(code))")
  }

  deinit {
    gnutls_certificate_free_credentials(pointer)
  }

  /// Makes `session` use these credentials, which must outlive it.
  func equip(_ session: gnutls_session_t) {
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, UnsafeMutableRawPointer(pointer))
  }

  /// Why `key` is not a private key, or nil.
  private static func fault(inKey key: [UInt8]) -> String? {
    var parsed: gnutls_privkey_t?
    guard gnutls_privkey_init(&parsed) == 0 else { return "out of memory" }
    defer { gnutls_privkey_deinit(parsed) }
    let code = key.withDatum { gnutls_privkey_import_x509_raw(parsed, $0, GNUTLS_X509_FMT_PEM, nil, 0) }
    return code < 0 ? describe(code) : nil
  }
}

private func describe(_ code: Int32) -> String {
  String(cString: gnutls_strerror(code))
}

extension [UInt8] {
  fileprivate func withDatum<Result>(_ body: (UnsafePointer<gnutls_datum_t>) -> Result) -> Result {
    withUnsafeBufferPointer { bytes in
      // GnuTLS only reads what a parameter of this type points to.
      let datum = gnutls_datum_t(
        data: UnsafeMutablePointer(mutating: bytes.baseAddress), size: UInt32(clamping: bytes.count))
      return withUnsafePointer(to: datum, body)
    }
  }
}
