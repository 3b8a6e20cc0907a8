import ArgumentParser
import FoundationEssentials
import Yams

/// A YAML file whose keys are a command's options: `max-batch: 32`.
enum ConfigurationFile {
  /// The options that a file sets, as arguments.
  ///
  /// - Parameter known: every option of the command.
  /// - Throws: `ValidationError`, naming the file, the key and the line.
  static func arguments(_ path: String, known: [ConfiguredOption]) throws -> [String] {
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
      guard let name = key.string, let option = known.first(where: { $0.name == name }), name != "config"
      else {
        throw ValidationError(
          "\(place): unknown option '\(key.string ?? "?")'; 'softmoe serve --help' lists them")
      }
      guard let scalar = value.scalar else {
        throw ValidationError("\(place): expected one value for '\(name)'")
      }
      return option.argument(scalar.string)
    }
  }

  /// The effective options of a command as such a file.
  ///
  /// No secret is among them: keys and certificates are named by their files.
  static func text(of command: some ParsableCommand) -> String {
    options(of: command).filter { $0.name != "config" }.compactMap { option in
      option.value.configurationText.map { "\(option.name): \($0)" }
    }.joined(separator: "\n")
  }

  /// A command's options, and its flags that can be switched off: the others are orders rather than settings.
  static func options<Command: ParsableCommand>(of command: Command) -> [ConfiguredOption] {
    let help = Command.helpMessage()
    return Mirror(reflecting: command).children.compactMap { child in
      guard let label = child.label, label.hasPrefix("_"), let value = child.value as? any ConfiguredValue
      else { return nil }
      let name = label.dropFirst().reduce(into: "") {
        $0 += $1.isUppercase ? "-" + $1.lowercased() : String($1)
      }
      if value.isFlag, !help.contains("--no-\(name)") { return nil }
      return ConfiguredOption(name: name, value: value)
    }
  }
}

/// An option or flag that the environment or a file may set.
struct ConfiguredOption {
  /// As on the command line, without its dashes.
  let name: String
  fileprivate let value: any ConfiguredValue

  /// What stands on the command line for a value; `--no-NAME` for a flag that is false.
  func argument(_ text: String) -> String {
    guard value.isFlag else { return "--\(name)=\(text)" }
    return switch text {
    case "true": "--\(name)"
    case "false": "--no-\(name)"
    default: "--\(name)=\(text)"
    }
  }
}

/// An option's value as YAML, nil where it has none.
private protocol ConfiguredValue {
  var configurationText: String? { get }
  var isFlag: Bool { get }
}

extension Flag: ConfiguredValue where Value == Bool {
  fileprivate var configurationText: String? { wrappedValue ? "true" : "false" }
  fileprivate var isFlag: Bool { true }
}

extension Option: ConfiguredValue {
  fileprivate var isFlag: Bool { false }

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
