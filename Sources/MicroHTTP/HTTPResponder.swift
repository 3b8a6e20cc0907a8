import Synchronization

/// The right to answer one request. It may be kept, handed to another thread and used there.
///
/// The first answer counts; later ones are ignored. A responder that goes away without an answer answers
/// 500, so no client waits for ever and no server waits for ever in ``HTTPServer/stop()``.
package final class HTTPResponder: Sendable {
  private let recipient: any AnswerRecipient

  init(_ recipient: any AnswerRecipient) {
    self.recipient = recipient
  }

  /// Makes a responder that needs no server: it hands the first response to `receiver`, once. For a test of
  /// a handler.
  package convenience init(receiver: @escaping @Sendable (HTTPResponse) -> Void) {
    self.init(ClosureRecipient(receiver))
  }

  deinit {
    recipient.answer(.refusal(.unanswered))
  }

  /// Answers the request. It returns at once; the server's thread sends the response.
  /// - Returns: whether this was the first answer.
  @discardableResult
  package func respond(_ response: HTTPResponse) -> Bool {
    recipient.answer(.response(response))
  }

  /// Whether somebody still waits for the answer: false once the client has closed its side of the
  /// connection, and once the request has been answered. A client that closed only its sending side counts
  /// as gone.
  ///
  /// Cost: one system call.
  package var isClientConnected: Bool {
    recipient.isClientWaiting
  }
}

/// What takes the answer to one request.
protocol AnswerRecipient: Sendable {
  /// - Returns: whether this was the first answer.
  @discardableResult
  func answer(_ answer: Answer) -> Bool
  var isClientWaiting: Bool { get }
}

private final class ClosureRecipient: AnswerRecipient {
  private let receiver: Mutex<(@Sendable (HTTPResponse) -> Void)?>

  init(_ receiver: @escaping @Sendable (HTTPResponse) -> Void) {
    self.receiver = Mutex(receiver)
  }

  func answer(_ answer: Answer) -> Bool {
    let waiting = receiver.withLock { receiver in
      defer { receiver = nil }
      return receiver
    }
    guard let waiting else { return false }
    switch answer {
    case .response(let response): waiting(response)
    case .refusal(let refusal): waiting(.text(refusal.message + "\n", status: refusal.status))
    }
    return true
  }

  var isClientWaiting: Bool {
    receiver.withLock { $0 != nil }
  }
}
