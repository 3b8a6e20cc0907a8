import CMicroHTTPD

/// What libmicrohttpd's `MHD_Connection` tells.
extension OpaquePointer {
  /// The header fields in order, as Latin-1 bytes read as UTF-8 with repairs.
  var headers: [(name: String, value: String)] {
    var list = HeaderList()
    withUnsafeMutablePointer(to: &list) { list in
      _ = MHD_get_connection_values(
        self, MHD_ValueKind.HEADER_KIND,
        { context, _, name, value in
          guard let name else { return MHD_Result.YES }
          context?.assumingMemoryBound(to: HeaderList.self).pointee
            .fields.append((String(cString: name), value.map { String(cString: $0) } ?? ""))
          return MHD_Result.YES
        }, list)
    }
    return list.fields
  }

  /// The connection's socket, −1 if there is none.
  var socket: Int32 { softmoe_connection_socket(self) }
}

private struct HeaderList {
  var fields: [(name: String, value: String)] = []
}
