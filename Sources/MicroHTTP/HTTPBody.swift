/// A request's body: one array, shared and not copied on its way to the handler. It counts against the
/// server's byte budget until its last reference is gone.
package final class HTTPBody: Sendable {
  /// The bytes; those of a chunked body have been put together.
  package let bytes: [UInt8]
  private let hold: ByteBudget.Hold?

  /// The body of a request without one.
  package static let empty = HTTPBody([])

  /// - Parameters:
  ///   - bytes: what the body holds.
  ///   - hold: the reservation that lasts as long as the body; nil where no budget is kept.
  package init(_ bytes: [UInt8], hold: ByteBudget.Hold? = nil) {
    self.bytes = bytes
    self.hold = hold
  }
}
