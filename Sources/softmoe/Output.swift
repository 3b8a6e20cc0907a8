import FoundationEssentials
import Glibc

/// A line on standard error.
func printError(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  _ = write(STDERR_FILENO, bytes, bytes.count)
}

/// Prints text that ends its own lines.
func printText(_ text: String) { print(text, terminator: "") }

/// JSON for people and programs.
func encodedJSON(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}

/// Writes a file, or leaves what was there.
func writeFile(_ text: String, to path: String) throws {
  try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
}
