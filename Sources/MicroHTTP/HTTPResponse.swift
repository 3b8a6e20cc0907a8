/// What to answer. `Date`, `Content-Length` and `Connection` are added by the server.
package struct HTTPResponse: Sendable, Equatable {
  /// The status code, 200 to 599.
  package var status: Int
  /// The header fields. One whose name is no token, or whose value is empty or has a line break, is left
  /// out, so that no value can end the header early.
  package var headers: HTTPFields
  /// The body. For HEAD its length is announced and the bytes are not sent.
  package var body: [UInt8]

  /// Makes a response.
  /// - Precondition: 200 ≤ `status` ≤ 599.
  package init(status: Int, headers: HTTPFields = HTTPFields(), body: [UInt8] = []) {
    precondition((200...599).contains(status), "status \(status) is not a final one, 200 to 599")
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// A response whose body is `text` in UTF-8.
  package static func text(
    _ text: String, status: Int = 200, contentType: String = "text/plain; charset=utf-8"
  ) -> HTTPResponse {
    bytes(Array(text.utf8), status: status, contentType: contentType)
  }

  /// A response whose body is `bytes`.
  package static func bytes(_ bytes: [UInt8], status: Int = 200, contentType: String) -> HTTPResponse {
    HTTPResponse(status: status, headers: ["Content-Type": contentType], body: bytes)
  }
}
