import ArgumentParser
import FoundationEssentials
import Yams

/// A YAML file whose keys are a command's options: `max-batch: 32`.
enum ConfigurationFile {
  /// The options that a file sets, as arguments.
  ///
  /// - Parameter known: every option of the command.
  /// - Throws: `ValidationError`, naming the file, the key and the line.
  static func arguments(_ path: String, known: [String]) throws -> [String] {
    let text = try readText(path, option: "config")
    let root: Node?
    do { root = try Yams.compose(yaml: text) } catch {
      throw ValidationError("\(path): expected YAML: \(error)")
    }
    guard let root else { return [] }
    guard let mapping = root.mapping else {
      throw ValidationError("\(path): expected a mapping of options, as 'max-batch: 32'")
    }
    return try mapping.map { key, value in
      let place = "\(path), line \(key.mark?.line ?? 0)"
      guard let option = key.string, known.contains(option), option != "config" else {
        throw ValidationError(
          "\(place): unknown option '\(key.string ?? "?")'; 'softmoe serve --help' lists them")
      }
      guard let scalar = value.scalar else {
        throw ValidationError("\(place): expected one value for '\(option)'")
      }
      return "--\(option)=\(scalar.string)"
    }
  }

  /// The effective options of a command as such a file.
  ///
  /// No secret is among them: keys and certificates are named by their files.
  static func text(of command: some ParsableCommand) -> String {
    optionNames(of: command).compactMap { name, value in
      guard name != "config", let text = (value as? any ConfiguredValue)?.configurationText else {
        return nil
      }
      return "\(name): \(text)"
    }.joined(separator: "\n")
  }

  /// A command's options by their names on the command line, and what holds their values.
  static func optionNames(of command: some ParsableCommand) -> [(name: String, value: Any)] {
    Mirror(reflecting: command).children.compactMap { child in
      guard let label = child.label, label.hasPrefix("_"), child.value is any ConfiguredValue else {
        return nil
      }
      let name = label.dropFirst().reduce(into: "") {
        $0 += $1.isUppercase ? "-" + $1.lowercased() : String($1)
      }
      return (name, child.value)
    }
  }
}

/// An option's value as YAML, nil where it has none.
private protocol ConfiguredValue {
  var configurationText: String? { get }
}

extension Option: ConfiguredValue {
  fileprivate var configurationText: String? {
    let value: Any = wrappedValue
    let mirror = Mirror(reflecting: value)
    guard mirror.displayStyle == .optional else { return quoted("\(value)") }
    return mirror.children.first.map { quoted("\($0.value)") }
  }

  /// Words and numbers as they are, anything else in quotes.
  private func quoted(_ text: String) -> String {
    let isPlain =
      !text.isEmpty
      && text.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
          || [0x2D, 0x2E, 0x2F, 0x5F].contains($0)
      }
    return isPlain ? text : "'" + text.replacing("'", with: "''") + "'"
  }
}

/// The text of a file that an option names.
///
/// - Throws: `ValidationError`, naming the option and the file.
func readText(_ path: String, option: String) throws -> String {
  do {
    return try String(contentsOf: URL(filePath: path), encoding: .utf8)
  } catch {
    throw ValidationError("--\(option): expected a readable text file, found none at '\(path)'")
  }
}
