import FoundationEssentials
import MicroHTTP

extension HTTPResponse {
  /// JSON with its keys in order.
  ///
  /// Keys are snake_case by the types' own CodingKeys: the encoder's strategy for it makes a large explanation take
  /// half as long again.
  static func json(_ value: some Encodable, status: Int = 200) -> HTTPResponse {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Wire types hold strings and finite numbers, which always encode; a logit that is not finite does not.
    guard let body = try? encoder.encode(value) else {
      return .text(
        #"{"error":"the answer holds a number that JSON can't","error_type":"internal"}"#, status: 500,
        contentType: "application/json")
    }
    return .bytes(Array(body), status: status, contentType: "application/json")
  }
}
