import CMicroHTTPD

extension ServerCore {
  /// What is said to a client that is turned away or cut off for `reason`; empty when nothing can be said.
  func finalWords(_ reason: HTTPServer.RefusalReason) -> [UInt8] {
    reason.refusal(configuration).map(finalWords) ?? []
  }

  /// A whole response as bytes, for a connection that is closed without libmicrohttpd's help.
  func finalWords(_ refusal: HTTPRefusal) -> [UInt8] {
    let response = response(for: refusal)
    let reason = MHD_get_reason_phrase_for(UInt32(response.status)).map { String(cString: $0) } ?? ""
    var head = "HTTP/1.1 \(response.status) \(reason)\r\n"
    for field in response.headers.all where !field.value.utf8.contains(where: { $0 == 0x0D || $0 == 0x0A }) {
      head += "\(field.name): \(field.value)\r\n"
    }
    head += "Content-Length: \(response.body.count)\r\nConnection: close\r\n\r\n"
    return Array(head.utf8) + response.body
  }
}
