extension HTTPServer {
  /// What a server proves its identity with. It speaks TLS 1.3 and 1.2, with forward secrecy and
  /// authenticated ciphers only.
  package struct TLS: Sendable {
    /// The server's certificate and those that lead to its authority, as PEM.
    package var certificateChain: [UInt8]
    /// The certificate's private key, as unencrypted PEM.
    package var privateKey: [UInt8]

    /// Makes an identity of the contents of two PEM files.
    package init(certificateChain: [UInt8], privateKey: [UInt8]) {
      self.certificateChain = certificateChain
      self.privateKey = privateKey
    }
  }

  /// Replaces the certificate: connections accepted from now on get the new one, open ones keep theirs.
  /// - Throws: `HTTPServerError.invalidCertificate`; the old certificate then stays.
  /// - Precondition: the server was started with TLS.
  package func replaceCertificate(_ tls: TLS) throws(HTTPServerError) {
    let credentials = try TLSCredentials(tls)
    core.credentials.withLock { current in
      precondition(current != nil, "the server was started without TLS")
      current = credentials
    }
  }
}
