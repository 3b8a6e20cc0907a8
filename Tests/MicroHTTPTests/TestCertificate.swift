import CGnuTLS
import Glibc
import MicroHTTP

/// A self-signed certificate for 127.0.0.1, made when it is first needed.
enum TestCertificate {
  static let first = make(serial: 1)
  static let second = make(serial: 2)

  private static func make(serial: UInt8) -> HTTPServer.TLS {
    var key: gnutls_x509_privkey_t?
    var certificate: gnutls_x509_crt_t?
    gnutls_x509_privkey_init(&key)
    gnutls_x509_crt_init(&certificate)
    defer {
      gnutls_x509_privkey_deinit(key)
      gnutls_x509_crt_deinit(certificate)
    }
    // A P-256 key: how a curve is asked for in place of a size is a macro, and this is what it makes.
    gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, 1 << 31 | GNUTLS_ECC_CURVE_SECP256R1.rawValue, 0)
    var serial = serial
    gnutls_x509_crt_set_version(certificate, 3)
    gnutls_x509_crt_set_serial(certificate, &serial, 1)
    gnutls_x509_crt_set_activation_time(certificate, time(nil) - 60)
    gnutls_x509_crt_set_expiration_time(certificate, time(nil) + 3600)
    gnutls_x509_crt_set_dn(certificate, "CN=127.0.0.1", nil)
    gnutls_x509_crt_set_key(certificate, key)
    gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0)
    var chain = gnutls_datum_t()
    var secret = gnutls_datum_t()
    gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &chain)
    gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &secret)
    defer {
      free(chain.data)
      free(secret.data)
    }
    return HTTPServer.TLS(certificateChain: bytes(chain), privateKey: bytes(secret))
  }

  static func bytes(_ datum: gnutls_datum_t) -> [UInt8] {
    Array(UnsafeBufferPointer(start: datum.data, count: Int(datum.size)))
  }
}
