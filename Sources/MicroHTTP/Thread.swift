import Glibc

/// A thread of the operating system that runs one closure.
struct Thread: Sendable {
  private final class Start: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
      self.body = body
    }
  }

  private let identifier: pthread_t

  /// - Throws: `HTTPServerError.systemCall` when the system refuses another thread.
  init(_ body: @escaping @Sendable () -> Void) throws(HTTPServerError) {
    var identifier = pthread_t()
    let start = Unmanaged.passRetained(Start(body))
    let code = pthread_create(
      &identifier, nil,
      { argument in
        if let argument { Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, start.toOpaque())
    guard code == 0 else {
      start.release()
      throw .systemCall(name: "pthread_create", code: code)
    }
    self.identifier = identifier
  }

  /// Waits until the closure has returned; call it once.
  func join() {
    pthread_join(identifier, nil)
  }
}
