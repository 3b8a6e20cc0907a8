/// The right to answer one request. It may be kept, handed to another thread and used there.
///
/// The first answer counts; later ones are ignored. A responder that goes away without an answer answers
/// 500, so no client waits for ever and no server waits for ever in ``HTTPServer/stop()``.
package final class HTTPResponder: Sendable {
  private let exchange: Exchange

  init(_ exchange: Exchange) {
    self.exchange = exchange
  }

  deinit {
    exchange.answer(.refusal(.unanswered))
  }

  /// Answers the request. It returns at once; the server's thread sends the response.
  /// - Returns: whether this was the first answer.
  @discardableResult
  package func respond(_ response: HTTPResponse) -> Bool {
    exchange.answer(.response(response))
  }

  /// Whether somebody still waits for the answer: false once the client has closed its side of the
  /// connection, and once the request has been answered. A client that closed only its sending side counts
  /// as gone.
  ///
  /// Cost: one system call.
  package var isClientConnected: Bool {
    exchange.isClientWaiting
  }
}
