import Foundation

/// `softmoe serve` as a process of its own, on free ports.
package final class ServeProcess {
  /// The ports that it took.
  package let port, adminPort: Int
  private let process = Process()
  private let log: String
  private let folder: URL

  /// Starts it with the bundled model, or the one that `arguments` name, and waits until it listens.
  ///
  /// - Throws: `Command.Failure` when it ends or does not listen within five minutes.
  package init(_ arguments: [String] = []) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "softmoe-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    log = folder.appending(path: "log").path
    _ = FileManager.default.createFile(atPath: log, contents: nil)
    process.executableURL = Command.executable
    let model = packageRoot.appending(path: "models/cifar10-softmoe.smoe").path
    let named = arguments.contains { $0.hasPrefix("--model") } ? [] : ["--model", model]
    process.arguments = ["serve", "--port", "0", "--admin-port", "0"] + named + arguments
    process.standardError = try FileHandle(forWritingTo: URL(filePath: log))
    try process.run()
    for _ in 0..<30_000 {
      let text = try String(contentsOfFile: log, encoding: .utf8)
      // "listening on http://127.0.0.1:PORT, probes and metrics on port PORT; …"
      let numbers = text.split(separator: "listening on", maxSplits: 1).dropFirst().first?
        .split { !$0.isNumber }.compactMap { Int($0) }
      if let numbers, numbers.count >= 6 {
        (port, adminPort) = (numbers[4], numbers[5])
        return
      }
      guard process.isRunning else { break }
      usleep(10_000)
    }
    process.terminate()
    throw Command.Failure(
      description: "the server does not listen: \(try String(contentsOfFile: log, encoding: .utf8))")
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    try? FileManager.default.removeItem(at: folder)
  }

  /// What it has logged so far.
  package var logged: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }

  /// Sends a signal.
  package func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Waits for its end, five minutes at most.
  ///
  /// - Returns: its status, negative for a signal.
  package func wait() -> Int32 {
    // A server that hangs is ended, and says so by its status.
    for _ in 0..<30_000 where process.isRunning { usleep(10_000) }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
  }

  /// Waits until its `/readyz` answers 200.
  package func waitUntilReady() throws {
    try TestSupport.wait(until: "the server is ready: \(logged)") {
      try TestClient(port: adminPort).request("GET", "/readyz").status == 200
    }
  }

  /// Waits until it has logged something.
  package func wait(forLog text: String) throws {
    try TestSupport.wait(until: "the server says '\(text)'") { logged.contains(text) }
  }
}
