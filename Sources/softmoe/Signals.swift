import Dispatch
import Glibc

/// What the process does at signals, besides the first SIGTERM or SIGINT, which begins the shutdown.
///
/// SIGHUP reloads, on a queue of its own so that it blocks nothing. A second SIGTERM or SIGINT ends the
/// process at once, as an operator who sends it twice wants.
final class Signals {
  private var sources: [any DispatchSourceSignal] = []
  private let queue = DispatchQueue(label: "softmoe.signals")
  private let reloadQueue = DispatchQueue(label: "softmoe.reload")
  private var endings = 0

  init(reload: @escaping @Sendable () -> Void, secondSignal: @escaping @Sendable () -> Void) {
    signal(SIGHUP, SIG_IGN)
    on(SIGHUP) { [reloadQueue] in reloadQueue.async(execute: reload) }
    for number in [SIGTERM, SIGINT] {
      on(number) { [unowned self] in
        endings += 1
        guard endings > 1 else { return }
        secondSignal()
        _exit(128 + number)
      }
    }
  }

  /// Heeds no more signals, and waits for a reload that is under way: a process that ends under the hands of
  /// its own threads crashes.
  func stop() {
    sources.forEach { $0.cancel() }
    queue.sync {}
    reloadQueue.sync {}
  }

  private func on(_ number: Int32, _ action: @escaping () -> Void) {
    // What the signal does by default is already off, and stays so: setting it again after the service
    // group has made its own source would take the signal away from both.
    let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
    source.setEventHandler(handler: action)
    source.resume()
    sources.append(source)
  }
}
