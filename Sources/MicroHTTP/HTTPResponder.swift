/// The way back to one client. The first answer counts; without any, the client is told 500.
public final class HTTPResponder: Sendable {
  private let exchange: Exchange

  init(_ exchange: Exchange) { self.exchange = exchange }

  deinit {
    exchange.respond(.text("the server gave no answer\n", status: 500))
  }

  /// Answers, from any thread.
  public func respond(_ response: HTTPResponse) { exchange.respond(response) }

  /// Whether the client still waits. A client that closed its half of the connection counts as gone.
  public var isClientConnected: Bool { exchange.isClientConnected }
}
