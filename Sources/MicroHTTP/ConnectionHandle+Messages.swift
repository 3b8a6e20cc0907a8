import CMicroHTTPD

extension ConnectionHandle {
  /// The request's header fields, in order.
  func headerFields() -> HTTPFields {
    var fields: [HTTPField] = []
    fields.reserveCapacity(8)
    withUnsafeMutablePointer(to: &fields) { fields in
      _ = MHD_get_connection_values_n(
        pointer, .HEADER_KIND,
        { context, _, name, nameSize, value, valueSize in
          let field = HTTPField(
            String(bytes: name, count: nameSize), String(bytes: value, count: valueSize))
          context?.assumingMemoryBound(to: [HTTPField].self).pointee.append(field)
          return .YES
        }, fields)
    }
    return HTTPFields(fields)
  }

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
}

extension String {
  /// The `count` bytes at `bytes`, repaired where they are not UTF-8.
  init(bytes: UnsafePointer<CChar>?, count: Int) {
    self.init(decoding: UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count), as: UTF8.self)
  }
}
