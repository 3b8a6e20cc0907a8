import ArgumentParser
import FoundationEssentials
import Glibc
import Logging

/// How log lines look; they go to standard error.
enum LogFormat: String, ExpressibleByArgument, CaseIterable {
  /// swift-log's own: time, level, label, message.
  case text
  /// One JSON object a line, for collectors.
  case json

  func handler(label: String) -> any LogHandler {
    switch self {
    case .text: StreamLogHandler.standardError(label: label)
    case .json: JSONLogHandler(label: label)
    }
  }
}

/// Writes each line as a JSON object: `time`, `level`, `label`, `message`, and the metadata's keys.
private struct JSONLogHandler: LogHandler {
  let label: String
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info

  init(label: String) { self.label = label }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var fields = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
    fields["time"] = Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    (fields["level"], fields["label"]) = (event.level.rawValue, label)
    fields["message"] = "\(event.message)"
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard var line = try? encoder.encode(fields) else { return }
    line.append(0x0A)
    // One write a line: lines of several threads don't mix.
    line.withUnsafeBytes { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
