import Glibc
import MicroHTTP
import Synchronization
import Testing

extension HTTPServer.Configuration {
  /// A configuration whose refusals can be told from the library's and the handler's answers.
  static func make(
    threadCount: Int = 2, connectionLimit: Int = 1024, connectionsPerAddress: Int? = nil,
    bodyLimit: Int = 8 << 20, byteBudget: ByteBudget? = nil,
    idleTimeout: Duration = .seconds(20), receiveTimeout: Duration = .seconds(20),
    minimumReceiveRate: Int = 0, sendTimeout: Duration = .seconds(20), tls: HTTPServer.TLS? = nil
  ) -> HTTPServer.Configuration {
    HTTPServer.Configuration(
      threadCount: threadCount, connectionLimit: connectionLimit,
      connectionsPerAddress: connectionsPerAddress, bodyLimit: bodyLimit, byteBudget: byteBudget,
      idleTimeout: idleTimeout, receiveTimeout: receiveTimeout,
      minimumReceiveRate: minimumReceiveRate, sendTimeout: sendTimeout, tls: tls,
      refusalResponse: { .text("refused: \($0.errorType)", status: $0.status, contentType: "text/refusal") })
  }
}

/// Answers with what the request was: `METHOD path`, one line per query pair, and the body's length and sum.
@Sendable func describe(_ request: HTTPRequest, _ responder: HTTPResponder) {
  var text = "\(request.method) \(request.path)\n"
  for item in request.query.items { text += "\(item.name)=\(item.value)\n" }
  text += "\(request.body.bytes.count) \(request.body.bytes.reduce(0) { $0 &+ Int($1) })"
  responder.respond(.text(text))
}

/// Keeps what it is given until somebody takes it.
final class Shelf<Item: Sendable>: Sendable {
  private let items = Mutex<[Item]>([])

  func put(_ item: Item) {
    items.withLock { $0.append(item) }
  }

  func takeNow() -> Item? {
    items.withLock { $0.isEmpty ? nil : $0.removeFirst() }
  }

  /// Waits for an item; no test waits so long unless it fails.
  func take() throws -> Item {
    for _ in 0..<120_000 {
      if let item = takeNow() { return item }
      usleep(1000)
    }
    throw TestClient.Failure(reason: "nothing came within two minutes")
  }
}

/// Waits for a condition; no test waits so long unless it fails.
func eventually(_ condition: () -> Bool) -> Bool {
  for _ in 0..<120_000 {
    if condition() { return true }
    usleep(1000)
  }
  return condition()
}

/// The time that this process has spent on processors.
func processorTime() -> Duration {
  var now = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now)
  return .seconds(now.tv_sec) + .nanoseconds(now.tv_nsec)
}

/// Runs `body` on a thread of its own; `join` waits for it.
struct TestThread {
  private let identifier: pthread_t

  init(_ body: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
      let body: @Sendable () -> Void
      init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var identifier = pthread_t()
    pthread_create(
      &identifier, nil,
      { argument in
        if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, Unmanaged.passRetained(Box(body)).toOpaque())
    self.identifier = identifier
  }

  func join() {
    pthread_join(identifier, nil)
  }
}

final class Flag: Sendable {
  private let state = Atomic(false)
  var isSet: Bool { state.load(ordering: .sequentiallyConsistent) }
  func set() { state.store(true, ordering: .sequentiallyConsistent) }
}

final class Counter: Sendable {
  private let count = Atomic(0)
  var value: Int { count.load(ordering: .sequentiallyConsistent) }
  func increment() { count.add(1, ordering: .sequentiallyConsistent) }
}
