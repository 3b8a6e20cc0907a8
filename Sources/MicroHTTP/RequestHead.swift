import CMicroHTTPD
import Glibc

/// A request's head as libmicrohttpd read it, compared with what was sent.
///
/// libmicrohttpd 0.9.75 reads C strings in its receive buffer. It cuts a value or a target at a NUL, takes a
/// line that begins with a NUL or a colon for the end of the head, and appends a folded line to the field's
/// name: one could show it another request than the one that a proxy on the way has seen. What it hands out
/// still points into the buffer, where each colon, CR and LF has become a NUL. So nothing was passed over when
/// its strings follow one another without a gap, from the method to the empty line.
struct RequestHead {
  private(set) var fields: [HTTPField] = []
  /// Whether every byte of the head is in a string that was handed out, or stands between two.
  private(set) var isWhole: Bool
  /// Where the next line must begin.
  private var next: UnsafePointer<CChar>

  /// Reads the head; only inside the access handler, in its first call for a request.
  init(
    _ connection: ConnectionHandle, method: UnsafePointer<CChar>, targetByteCount: Int,
    version: UnsafePointer<CChar>
  ) {
    isWhole = method + strlen(method) + 1 + targetByteCount + 1 == version
    next = version + strlen(version) + 2
    fields.reserveCapacity(8)
    withUnsafeMutablePointer(to: &self) { head in
      _ = MHD_get_connection_values_n(
        connection.pointer, .HEADER_KIND,
        { context, _, name, nameSize, value, valueSize in
          guard let head = context?.assumingMemoryBound(to: RequestHead.self), let name, let value else {
            return .NO
          }
          head.pointee.append(name, nameSize, value, valueSize)
          return .YES
        }, head)
    }
    isWhole = isWhole && method + microhttp_head_size(connection.pointer) == next + 2
  }

  private mutating func append(
    _ name: UnsafePointer<CChar>, _ nameSize: Int, _ value: UnsafePointer<CChar>, _ valueSize: Int
  ) {
    fields.append(HTTPField(String(bytes: name, count: nameSize), String(bytes: value, count: valueSize)))
    isWhole = isWhole && name == next
    guard isWhole else { return }
    var place = name + nameSize + 1
    while place.pointee == 0x20 || place.pointee == 0x09 { place += 1 }
    isWhole = place == value
    next = value + valueSize + 2
  }
}

extension String {
  /// The `count` bytes at `bytes`, repaired where they are not UTF-8.
  fileprivate init(bytes: UnsafePointer<CChar>, count: Int) {
    self.init(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
  }
}
