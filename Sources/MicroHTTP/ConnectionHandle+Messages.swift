import CMicroHTTPD

extension ConnectionHandle {
  /// Queues `response`; only inside the access handler.
  ///
  /// The body is copied once: libmicrohttpd sends it after this call has returned, an array's storage may
  /// not be pointed into for so long, and the copy is a few hundred bytes for most answers.
  /// - Returns: whether the response was queued.
  func queue(_ response: HTTPResponse, closing: Bool) -> Bool {
    let message = response.body.withUnsafeBytes { bytes in
      MHD_create_response_from_buffer(
        bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), .RESPMEM_MUST_COPY)
    }
    guard let message else { return false }
    defer { MHD_destroy_response(message) }
    for field in response.headers.all {
      // Refused are names and values that would break the header; they are left out, as documented.
      _ = MHD_add_response_header(message, field.name, field.value)
    }
    if closing { _ = MHD_add_response_header(message, "Connection", "close") }
    return MHD_queue_response(pointer, UInt32(response.status), message) == .YES
  }

  /// Writes bytes to the connection's TLS session, and that no more will come; nil for plain HTTP. Only on the
  /// connection's own thread, in a callback.
  func sender() -> (([UInt8]) -> Void)? {
    guard let session = microhttp_tls_session(pointer) else { return nil }
    return { bytes in
      // One attempt: nothing else has been sent for this request, so there is room.
      _ = gnutls_record_send(session, bytes, bytes.count)
      _ = gnutls_bye(session, GNUTLS_SHUT_WR)
    }
  }
}
