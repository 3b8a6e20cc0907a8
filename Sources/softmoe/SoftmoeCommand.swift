import ArgumentParser
import FoundationEssentials

/// The command: one subcommand a task.
@main
struct SoftmoeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "softmoe",
    abstract: "Serve Soft Mixture-of-Experts Vision Transformers over HTTP.",
    version: softmoeVersion,
    subcommands: [
      ServeCommand.self, ClassifyCommand.self, EvaluateCommand.self, ImportCommand.self,
      TraceCommand.self, InspectCommand.self, VerifyCommand.self, SynthesizeCommand.self, BenchCommand.self,
      HealthcheckCommand.self,
    ])

  static func main() async {
    let given = Array(CommandLine.arguments.dropFirst())
    await main(withEnvironment(ProcessInfo.processInfo.environment, given))
  }

  /// Puts the options that the environment sets before those on the command line, which win.
  ///
  /// `--max-batch` is `SOFTMOE_MAX_BATCH`; a wrong value gets the message that the option would get.
  static func withEnvironment(_ environment: [String: String], _ arguments: [String]) -> [String] {
    guard let name = arguments.first,
      let command = configuration.subcommands.first(where: { $0._commandName == name })
    else { return arguments }
    let options = Mirror(reflecting: command.init()).children.compactMap { child -> String? in
      guard let label = child.label, label.hasPrefix("_") else { return nil }
      return label.dropFirst().reduce(into: "") { $0 += $1.isUppercase ? "-" + $1.lowercased() : String($1) }
    }
    let fromEnvironment = options.compactMap { option -> String? in
      let variable = "SOFTMOE_" + option.uppercased().replacing("-", with: "_")
      return environment[variable].map { "--\(option)=\($0)" }
    }
    return [name] + fromEnvironment + arguments.dropFirst()
  }
}
