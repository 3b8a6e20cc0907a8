import ArgumentParser
import FoundationEssentials
import Logging

/// How log lines look; they go to standard error.
enum LogFormat: String, ExpressibleByArgument, CaseIterable {
  /// Time, level, label, metadata, message.
  case text
  /// One JSON object a line, for collectors: `time`, `level`, `label`, `message`, and the metadata's keys.
  case json

  func handler(label: String) -> any LogHandler { LineLogHandler(format: self, label: label) }

  /// A line without its end; line breaks within a message are escaped, so that nothing that a client sent can
  /// look like a line of its own.
  fileprivate func line(
    _ level: Logger.Level, _ label: String, _ message: String, _ metadata: [String: String]
  ) -> String? {
    let time = Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    switch self {
    case .text:
      let fields = metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
      return "\(time) \(level) \(label):\(fields) \(message)"
        .replacing("\r", with: "\\r").replacing("\n", with: "\\n")
    case .json:
      let own = ["time": time, "level": level.rawValue, "label": label, "message": message]
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let object = try? encoder.encode(metadata.merging(own) { $1 })
      return object.map { String(decoding: $0, as: UTF8.self) }
    }
  }
}

/// Makes each event a line, and leaves it to the writer's thread.
private struct LineLogHandler: LogHandler {
  let format: LogFormat
  let label: String
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info

  init(format: LogFormat, label: String) { (self.format, self.label) = (format, label) }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let fields = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
    if let line = format.line(event.level, label, "\(event.message)", fields) {
      LogWriter.standardError.write(line)
    }
  }
}
