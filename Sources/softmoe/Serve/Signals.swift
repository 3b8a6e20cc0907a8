import Dispatch
import Glibc
import Synchronization

/// What the process does at signals, besides the first SIGTERM or SIGINT, which begins the shutdown.
///
/// SIGHUP reloads. A second SIGTERM or SIGINT ends the process at once, as an operator who sends it twice wants.
/// SIGPIPE is ignored: who reads no longer must not end who serves.
final class Signals {
  private let sources: [any DispatchSourceSignal]
  private let queue: DispatchQueue
  private let reloads: ReloadQueue

  init(reload: @escaping @Sendable () -> Void, secondSignal: @escaping @Sendable () -> Void) {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGHUP, SIG_IGN)
    let (queue, reloads) = (DispatchQueue(label: "softmoe.signals"), ReloadQueue(reload))
    let endings = EndingCounter()
    // What the signal does by default is already off, and stays so: setting it again after the service
    // group has made its own source would take the signal away from both.
    func source(_ number: Int32, _ action: @escaping @Sendable () -> Void) -> any DispatchSourceSignal {
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler(handler: action)
      source.resume()
      return source
    }
    let endingSources = [SIGTERM, SIGINT].map { number in
      source(number) {
        guard endings.count.add(1, ordering: .relaxed).newValue > 1 else { return }
        secondSignal()
        _exit(128 + number)
      }
    }
    sources = [source(SIGHUP) { reloads.order() }] + endingSources
    (self.queue, self.reloads) = (queue, reloads)
  }

  /// Heeds no more signals; returns when none is being heeded. A reload is not waited for.
  func stop() {
    sources.forEach { $0.cancel() }
    queue.sync {}
  }

  /// Whether a reload is under way.
  var isReloading: Bool { reloads.isUnderWay }
}

/// How many signals have come that end the process.
private final class EndingCounter: Sendable {
  let count = Atomic(0)
}
